/* Softmax of rows in float: float16, e^(beta * (x - max)) times one over their sum, in the order of the row.
 *
 * Layout: input and output [rows][depth], the same or apart. Scratch: `depth` floats. Cost: one exponential and two
 * products per element, one quotient per row.
 */
#ifndef BW_SOFTMAX_F16_H
#define BW_SOFTMAX_F16_H

#include <stdint.h>

typedef struct {
    int32_t rows, depth;
    float beta;
} bw_softmax_f16_params;

void bw_softmax_f16(const bw_softmax_f16_params *p, const uint16_t *input, uint16_t *output, void *scratch);

#endif /* BW_SOFTMAX_F16_H */
