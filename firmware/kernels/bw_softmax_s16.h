/* Softmax of int16 rows by interpolated tables; output in Q15.
 *
 * exp: 513 samples of exp over [-10, 0]; inverse: 513 samples of 1 / (1 + x) over [0, 1]; both Q15. May run in place.
 * Ranges: depth up to 65535; the largest difference, 65535, times the scale fits int32. Cost: two table loads and two
 * multiplications per element, one reciprocal per row.
 */
#ifndef BW_SOFTMAX_S16_H
#define BW_SOFTMAX_S16_H

#include <stdint.h>

typedef struct {
    int32_t rows, depth;
    const int16_t *exp;
    const int16_t *inverse;
    int32_t multiplier, shift; /* from input steps to steps of 10 / 65535 */
} bw_softmax_s16_params;

void bw_softmax_s16(const bw_softmax_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_SOFTMAX_S16_H */
