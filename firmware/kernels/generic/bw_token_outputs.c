/* Portable outputs of token-wise layers. */
#include "bw_token_outputs.h"

#include "bw_fixedpoint.h"

void bw_token_outputs(const bw_token_layer *p, int32_t unit, int32_t count, const int32_t *sums, int32_t scale,
                      const int64_t *offset, void *output) {
    const int32_t *multiplier = p->multiplier + unit, *const end = multiplier + count, low = p->low, high = p->high;
    const int8_t *right = p->right + unit;
    if (p->output_bytes == 1) {
        for (int8_t *to = output; multiplier < end;) {
            *to++ = (int8_t)bw_clamp(bw_token_output(*sums++, *multiplier++ * scale, *offset++, *right++), low, high);
        }
    } else {
        for (int16_t *to = output; multiplier < end;) {
            *to++ = (int16_t)bw_clamp(bw_token_output(*sums++, *multiplier++ * scale, *offset++, *right++), low, high);
        }
    }
}
