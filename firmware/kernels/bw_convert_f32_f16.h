/* float32 to float16, clamped to its range and rounded to nearest even.
 *
 * Layout: input and output [elements], apart. No scratch. Cost: one conversion per element.
 */
#ifndef BW_CONVERT_F32_F16_H
#define BW_CONVERT_F32_F16_H

#include <stdint.h>

typedef struct {
    int32_t elements;
} bw_convert_f32_f16_params;

void bw_convert_f32_f16(const bw_convert_f32_f16_params *p, const float *input, uint16_t *output);

#endif /* BW_CONVERT_F32_F16_H */
