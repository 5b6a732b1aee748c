/* Softmax of rows in float: float32, e^(beta * (x - max)) times one over their sum, in the order of the row.
 *
 * Layout: input and output [rows][depth], the same or apart. Scratch: `depth` floats. Cost: one exponential and two
 * products per element, one quotient per row.
 */
#ifndef BW_SOFTMAX_F32_H
#define BW_SOFTMAX_F32_H

#include <stdint.h>

typedef struct {
    int32_t rows, depth;
    float beta;
} bw_softmax_f32_params;

void bw_softmax_f32(const bw_softmax_f32_params *p, const float *input, float *output, void *scratch);

#endif /* BW_SOFTMAX_F32_H */
