/* Portable arg max. */
#include "bw_arg_max_s16.h"

void bw_arg_max_s16(const bw_arg_max_s16_params *p, const int16_t *input, void *output) {
    int32_t *narrow = output;
    int64_t *wide = output;
    for (int32_t o = 0; o < p->outer; ++o) {
        for (int32_t i = 0; i < p->inner; ++i) {
            const int16_t *column = input + (int32_t)(o * p->size * p->inner) + i;
            int32_t best = 0;
            for (int32_t k = 1; k < p->size; ++k) {
                if (column[k * p->inner] > column[best * p->inner]) {
                    best = k;
                }
            }
            if (p->output_bytes == 8) {
                *wide++ = best;
            } else {
                *narrow++ = best;
            }
        }
    }
}
