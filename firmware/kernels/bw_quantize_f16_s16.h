/* The way out of a layer in float: float16 to int16, zero_point + round(clamp(x * inverse)), ties away from zero.
 *
 * Layout: input and output [elements], apart. ``low`` and ``high`` are the range of int16 less the zero point. No
 * scratch. Cost: one product and one conversion per element.
 */
#ifndef BW_QUANTIZE_F16_S16_H
#define BW_QUANTIZE_F16_S16_H

#include <stdint.h>

typedef struct {
    int32_t elements, zero_point;
    float inverse; /* 1 / scale */
    float low, high;
} bw_quantize_f16_s16_params;

void bw_quantize_f16_s16(const bw_quantize_f16_s16_params *p, const uint16_t *input, int16_t *output);

#endif /* BW_QUANTIZE_F16_S16_H */
