/* Layer norm or RMS norm of rows in float: clamp(((x - mean) * r) * gain + bias), r = 1 / sqrt(power + epsilon).
 *
 * Layout: input and output [rows][depth], the same or apart; gain and bias [depth]. The mean and the power, which is
 * the variance or, of RMS norm, the mean square, are sums in the order of the row times `share`, 1 / depth. No scratch.
 * Cost: four products per element, and a square root by Newton's method per row.
 */
#ifndef BW_NORMALIZE_REAL_PARAMS_H
#define BW_NORMALIZE_REAL_PARAMS_H

#include <stdint.h>

typedef struct {
    int32_t rows, depth;
    int32_t centre; /* layer norm: the mean is subtracted */
    float share, epsilon;
    const float *gain, *bias;
    float low, high; /* range of the output */
} bw_normalize_real_params;

#endif /* BW_NORMALIZE_REAL_PARAMS_H */
