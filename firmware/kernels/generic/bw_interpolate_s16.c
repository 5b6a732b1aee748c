/* Portable int16 function by table. */
#include "bw_interpolate_s16.h"

#include "bw_interpolation.h"

void bw_interpolate_s16(const bw_interpolate_s16_params *p, const int16_t *input, int16_t *output) {
    for (int32_t i = 0; i < p->size; ++i) {
        output[i] = (int16_t)bw_interpolated(p->table, input[i]);
    }
}
