/* Weights of two channels in one word, for the SMLAD micro-kernels.
 *
 * A channel pair (a, b) is a run of words, its head and its weights:
 *     a's bias << 8 | a's shift, b's bias << 8 | b's shift, a's multiplier, b's multiplier, then two words per four
 * taps with shift = right shift - 1 (0 to 22), biases of 24 bits and multipliers of 2^30 to 2^31 - 1. The words of taps
 * k to k + 3 have the halfwords (k, k + 2) and (k + 1, k + 3); each is 256 * a + b, signed. SMLAD with the word as it
 * is accumulates 256 * A + B, and with the word after SXTB16 B alone; A is their difference, exact below 2^23 in
 * magnitude. The depth is padded to a multiple of four taps and the number of channels to an even one with zeros.
 */
#ifndef BW_PAIRS_S8_H
#define BW_PAIRS_S8_H

#include "bw_dsp.h"
#include "bw_fixedpoint.h"

/* Rounding DOUBLE (bw_fixedpoint.h) of an accumulator that comes doubled, saturated to int8. `head` has the shift in
 * its lowest byte; offset is 2 * output zero point + 1. The sign of the accumulator stands for that of its product:
 * where they differ, the product is 0, which rounds to 0 with and without the correction. */
static inline int8_t bw_requantize_pair(int32_t doubled, int32_t multiplier, int32_t head, int32_t offset) {
    const int32_t shift = head & 0xFF;
    const int32_t value = bw_smmlar(doubled, multiplier, (int32_t)((uint32_t)offset << shift)) - (doubled < 0);
    return (int8_t)bw_ssat8(value >> shift >> 1);
}

/* The accumulators of a pair with their biases: 256 * A + B, and B. */
static inline int32_t bw_pair_bias(const int32_t *head) { return (head[0] & -256) + (head[1] >> 8); }
static inline int32_t bw_second_bias(const int32_t *head) { return head[1] >> 8; }

/* Twice the first channel's accumulator. */
static inline int32_t bw_first_doubled(int32_t both, int32_t second) {
    return (int32_t)((uint32_t)both - (uint32_t)second) >> 7;
}

/* The clamp of layers whose activation ends within int8. */
static inline void bw_clamp_run(int8_t *values, int32_t count, int32_t low, int32_t high) {
    if (low > INT8_MIN || high < INT8_MAX) {
        for (int32_t i = 0; i < count; ++i) {
            values[i] = (int8_t)bw_clamp(values[i], low, high);
        }
    }
}

#endif /* BW_PAIRS_S8_H */
