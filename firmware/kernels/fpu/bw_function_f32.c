/* A function of every element in float32. */
#include "bw_function_f32.h"

#include "bw_functions_real.h"

void bw_function_f32(const bw_function_f32_params *p, const float *input, float *output) {
    for (int32_t i = 0; i < p->elements; ++i) {
        bw_store(output + i, bw_clamp(bw_function_real(p->function, bw_load(input + i)), p->low, p->high));
    }
}
