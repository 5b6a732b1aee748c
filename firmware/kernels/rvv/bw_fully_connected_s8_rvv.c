#include "bw_fully_connected_s8_rvv.h"

void bw_fully_connected_s8_rvv(const bw_fully_connected_s8_rvv_params *p, const int8_t *input, int8_t *output) {
    bw_columns_s8_rvv(&p->columns, input, 0, p->rows, output);
}
