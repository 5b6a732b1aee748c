/* A function of every element in float: float32 in and out, clamp(f(x)).
 *
 * Layout: input and output [elements], the same or apart. ``function`` is one of bw_functions_real.h, which says what
 * each computes. No scratch.
 */
#ifndef BW_FUNCTION_F32_H
#define BW_FUNCTION_F32_H

#include <stdint.h>

typedef struct {
    int32_t elements, function;
    float low, high; /* range of the output */
} bw_function_f32_params;

void bw_function_f32(const bw_function_f32_params *p, const float *input, float *output);

#endif /* BW_FUNCTION_F32_H */
