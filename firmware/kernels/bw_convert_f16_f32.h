/* float16 to float32, exact.
 *
 * Layout: input and output [elements], apart. No scratch. Cost: one conversion per element.
 */
#ifndef BW_CONVERT_F16_F32_H
#define BW_CONVERT_F16_F32_H

#include <stdint.h>

typedef struct {
    int32_t elements;
} bw_convert_f16_f32_params;

void bw_convert_f16_f32(const bw_convert_f16_f32_params *p, const uint16_t *input, float *output);

#endif /* BW_CONVERT_F16_F32_H */
