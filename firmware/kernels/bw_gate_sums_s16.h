/* The sums of a recurrent layer's two products to gates of int16, in units of 2^-12: policy HIGH (bw_fixedpoint.h), one
 * multiplier a row, then their sum, saturated.
 *
 * Ranges: sums << left fit int32, right shifts are 1 to 30. Cost: about 13 instructions a gate on a Cortex-M4.
 */
#ifndef BW_GATE_SUMS_S16_H
#define BW_GATE_SUMS_S16_H

#include <stdint.h>

typedef struct {
    const int32_t *multiplier; /* one per row */
    int32_t left, right;
} bw_gate_scale;

enum { BW_GATE_BLOCK = 16 }; /* rows at most at a time */

/* The gates of `count` rows from `row` on; sums of the product with the input, then of that with the state. */
void bw_gate_sums_s16(const bw_gate_scale *input, const bw_gate_scale *state, int32_t sums[2][BW_GATE_BLOCK],
                      int32_t row, int32_t count, int16_t *gates);

#endif /* BW_GATE_SUMS_S16_H */
