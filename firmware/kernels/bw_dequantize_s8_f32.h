/* The way into a layer in float: int8 to float32, (q - zero_point) * scale, one product in float32.
 *
 * Layout: input and output [elements], apart. No scratch. Cost: one product per element.
 */
#ifndef BW_DEQUANTIZE_S8_F32_H
#define BW_DEQUANTIZE_S8_F32_H

#include <stdint.h>

typedef struct {
    int32_t elements, zero_point;
    float scale;
} bw_dequantize_s8_f32_params;

void bw_dequantize_s8_f32(const bw_dequantize_s8_f32_params *p, const int8_t *input, float *output);

#endif /* BW_DEQUANTIZE_S8_F32_H */
