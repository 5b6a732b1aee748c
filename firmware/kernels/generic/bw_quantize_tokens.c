/* Portable token-wise quantization. */
#include "bw_quantize_tokens.h"

#include "bw_token_run_s16.h"
#include "bw_tokens.h"

void bw_quantize_tokens(const bw_quantize_tokens_params *p, const int16_t *input, int8_t *output, int16_t *scales) {
    for (int32_t row = 0; row < p->rows; ++row) {
        const int32_t scale = bw_token_scale(bw_token_reach(input, p->depth, 0));
        scales[row] = (int16_t)scale;
        bw_token_values(input, p->depth, bw_token_reciprocal(scale), output);
        input += p->depth;
        output += p->depth;
    }
}
