#include "bw_fully_connected_s8_rvv.h"

void bw_fully_connected_s8_rvv(const bw_fully_connected_s8_rvv_params *p, const int8_t *input, int8_t *output) {
    for (int32_t row = 0; row < p->rows; row += BW_COLUMNS) {
        const int32_t rows = p->rows - row < BW_COLUMNS ? p->rows - row : BW_COLUMNS;
        bw_columns_s8_rvv(&p->columns, input, 0, rows, output);
        input += rows * p->columns.run;
        output += rows * p->columns.out_c;
    }
}
