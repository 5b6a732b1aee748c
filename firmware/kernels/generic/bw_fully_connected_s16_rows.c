/* 16x8 fully connected layer, sixteen units at a time. */
#include "bw_fully_connected_s16_rows.h"

#include "bw_finish_wide_s16.h"
#include "bw_rows_column_s8.h"
#include "bw_rows_s8.h"

#define UNITS 16

void bw_fully_connected_s16_rows(const bw_fully_connected_s16_rows_params *p, const int16_t *input, int16_t *output,
                                 void *scratch) {
    for (int32_t row = 0; row < p->rows; ++row) {
        const void *const column = bw_rows_column_s16(input, p->taps, scratch);
        for (int32_t unit = 0; unit < p->units; unit += UNITS) {
            int32_t sums[UNITS];
            const int32_t left = p->units - unit, count = left < UNITS ? left : UNITS;
            bw_rows_s16(p->weights + unit * p->depth, column, p->depth, count, p->bias + unit, sums);
            bw_finish_wide_s16(sums, p->multiplier + unit, p->right + unit, count, p->low, p->high, output + unit);
        }
        input += p->taps;
        output += p->units;
    }
}
