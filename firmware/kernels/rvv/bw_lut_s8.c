/* Table lookup, many elements at a time. */
#include "bw_lut_s8.h"

#include "bw_rvv.h"

void bw_lut_s8(const bw_lut_s8_params *p, const int8_t *input, int8_t *output) {
    for (int32_t left = p->size; left > 0;) {
        const size_t n = bw_lanes(left);
        bw_look_up(output, p->table, input, n);
        input += n;
        output += n;
        left -= (int32_t)n;
    }
}
