/* Token-wise layers, sixteen units at a time. */
#include "bw_token_rows.h"

#include <stddef.h>

#include "bw_rows_column_s8.h"
#include "bw_rows_s8.h"
#include "bw_token_outputs.h"

#define UNITS 16

/* Biases of sums: what is added comes behind the row's scale. */
static const int32_t none[UNITS];

/* The outliers' products in offsets of a few units, whose sums are brought to one unit with them. */
static void add_outliers(const bw_token_outliers *p, const void *column, int32_t unit, int32_t count,
                         const int64_t *offset, int32_t *sums, int64_t *with) {
    int32_t aside[UNITS];
    bw_rows_s16(p->weights + unit * p->depth, column, p->depth, count, none, aside);
    for (int32_t i = 0; i < count; ++i) {
        with[i] = offset[i] + (int64_t)aside[i] * p->multiplier[unit + i];
        sums[i] = (int32_t)((uint32_t)sums[i] << p->left[unit + i]);
    }
}

void bw_token_rows(const bw_token_layer *p, const bw_token_outliers *aside, const int8_t *input, const int16_t *scales,
                   const int16_t *outliers, void *output, void *scratch) {
    int8_t *to = output;
    for (int32_t row = 0; row < p->rows; ++row) {
        const void *const column = bw_rows_column_s8(input, p->taps, scratch), *other = NULL;
        if (aside != NULL) {
            other = bw_rows_column_s16(outliers, aside->taps, (int16_t *)scratch + p->depth);
            outliers += aside->taps;
        }
        for (int32_t unit = 0; unit < p->units; unit += UNITS) {
            const int32_t left = p->units - unit, count = left < UNITS ? left : UNITS;
            const int64_t *offset = p->offset + unit;
            int32_t sums[UNITS];
            int64_t with[UNITS];
            bw_rows_s8(p->weights + unit * p->depth, column, p->depth, count, none, sums);
            if (aside != NULL) {
                add_outliers(aside, other, unit, count, offset, sums, with);
                offset = with;
            }
            bw_token_outputs(p, unit, count, sums, scales == NULL ? 1 : scales[row], offset, to);
            to += count * p->output_bytes;
        }
        input += p->taps;
    }
}
