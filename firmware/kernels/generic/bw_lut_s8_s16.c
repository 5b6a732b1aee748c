/* Portable table lookup. */
#include "bw_lut_s8_s16.h"

void bw_lut_s8_s16(const bw_lut_s8_s16_params *p, const int8_t *input, int16_t *output) {
    const int16_t *middle = p->table + 128;
    for (int32_t i = 0; i < p->size; ++i) {
        output[i] = middle[input[i]];
    }
}
