/* What turns the sums of a row's units into outputs: the rest of bw_token_rows.h.
 *
 * Cost per output: some 17 instructions on a Cortex-M4, 22 on RV32.
 */
#ifndef BW_TOKEN_OUTPUTS_H
#define BW_TOKEN_OUTPUTS_H

#include "bw_token_rows.h"

/* (sum * factor + offset) >> right, which fits int32. */
static inline int32_t bw_token_output(int32_t sum, int32_t factor, int64_t offset, int32_t right) {
    const int64_t whole = (int64_t)sum * factor + offset;
    const int32_t high = (int32_t)(whole >> 32);
    if (right >= 32) {
        return high >> (right - 32);
    }
    return (int32_t)((uint32_t)high << (32 - right) | (uint32_t)whole >> right);
}

/* output[i] = (sums[i] * (multiplier * scale) + offset[i]) >> right, clamped, of `count` units from number `unit` on;
 * the offsets are the layer's or stand in for them. */
void bw_token_outputs(const bw_token_layer *p, int32_t unit, int32_t count, const int32_t *sums, int32_t scale,
                      const int64_t *offset, void *output);

#endif /* BW_TOKEN_OUTPUTS_H */
