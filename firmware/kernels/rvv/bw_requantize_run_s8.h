/* Requantization DOUBLE (bw_fixedpoint.h) of a run of sums by one multiplier and shift, on RVV.
 *
 * Cost: 17 instructions per vector of outputs.
 */
#ifndef BW_REQUANTIZE_RUN_S8_H
#define BW_REQUANTIZE_RUN_S8_H

#include "bw_rvv.h"

/* output[i] = requantized(sums[i] - minus) + zero_point, clamped; sums[i] - minus, shifted left if shift > 0, fits
 * int32 and is not INT32_MIN. */
static inline void bw_requantize_run_s8(const int32_t *sums, int32_t count, int32_t minus, int32_t multiplier,
                                        int32_t shift, int32_t zero_point, int8_t *output) {
    const int32_t left = shift > 0 ? shift : 0, right = left - shift;
    while (count > 0) {
        const size_t n = bw_lanes(count);
        const bw_words x = bw_shift_left(bw_add_value(bw_load_words(sums, n), -minus, n), left, n);
        bw_words value = bw_multiply_high_by(x, multiplier, n);
        if (right > 0) {
            value = bw_round(bw_lower_negative(value, n), right, n);
        }
        bw_store_bytes(output, bw_narrow(value, zero_point, -128, 127, n), n);
        sums += n;
        output += n;
        count -= (int32_t)n;
    }
}

#endif /* BW_REQUANTIZE_RUN_S8_H */
