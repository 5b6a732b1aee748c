/* Portable token-wise quantization with outliers. */
#include "bw_quantize_tokens_split.h"

#include "bw_token_run_s16.h"
#include "bw_tokens.h"

/* Where the run that begins at `from` ends: the next outlier, number `n`, or the row's end. */
static int32_t run_end(const bw_quantize_tokens_split_params *p, int32_t n) {
    return n < p->outliers ? p->channels[n] : p->depth;
}

void bw_quantize_tokens_split(const bw_quantize_tokens_split_params *p, const int16_t *input, int8_t *output,
                              int16_t *scales, int16_t *aside) {
    for (int32_t row = 0; row < p->rows; ++row) {
        int32_t largest = 0, from = 0;
        for (int32_t n = 0; n <= p->outliers; ++n) {
            const int32_t end = run_end(p, n);
            largest = bw_token_reach(input + from, end - from, largest);
            from = end + 1;
        }
        const int32_t scale = bw_token_scale(largest), reciprocal = bw_token_reciprocal(scale);
        scales[row] = (int16_t)scale;
        from = 0;
        for (int32_t n = 0; n <= p->outliers; ++n) {
            const int32_t end = run_end(p, n);
            bw_token_values(input + from, end - from, reciprocal, output + from);
            if (n < p->outliers) {
                *aside++ = input[end];
                output[end] = 0;
            }
            from = end + 1;
        }
        input += p->depth;
        output += p->depth;
    }
}
