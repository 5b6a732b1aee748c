/* A function of every element in float: float16 in and out, clamp(f(x)).
 *
 * Layout: input and output [elements], the same or apart. ``function`` is one of bw_functions_real.h, which says what
 * each computes. No scratch.
 */
#ifndef BW_FUNCTION_F16_H
#define BW_FUNCTION_F16_H

#include <stdint.h>

typedef struct {
    int32_t elements, function;
    float low, high; /* range of the output */
} bw_function_f16_params;

void bw_function_f16(const bw_function_f16_params *p, const uint16_t *input, uint16_t *output);

#endif /* BW_FUNCTION_F16_H */
