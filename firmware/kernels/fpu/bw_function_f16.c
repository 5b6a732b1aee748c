/* A function of every element in float16. */
#include "bw_function_f16.h"

#define BW_HALF
#include "bw_functions_real.h"

void bw_function_f16(const bw_function_f16_params *p, const uint16_t *input, uint16_t *output) {
    for (int32_t i = 0; i < p->elements; ++i) {
        bw_store(output + i, bw_clamp(bw_function_real(p->function, bw_load(input + i)), p->low, p->high));
    }
}
