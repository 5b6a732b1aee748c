/* Portable products of rows and a column of int16: four rows share every load of the column. */
#include "bw_rows_s8.h"

const void *bw_rows_column_s8(const int8_t *values, int32_t depth, void *scratch) {
    int16_t *const column = scratch;
    for (int32_t i = 0; i < ((depth + 3) & ~3); ++i) {
        column[i] = i < depth ? values[i] : 0;
    }
    return column;
}

const void *bw_rows_column_s16(const int16_t *values, int32_t depth, void *scratch) {
    int16_t *const column = scratch;
    if (depth % 4 == 0) {
        return values;
    }
    for (int32_t i = 0; i < ((depth + 3) & ~3); ++i) {
        column[i] = i < depth ? values[i] : (int16_t)0;
    }
    return column;
}

static void four_rows(const int8_t *weights, const int16_t *x, int32_t depth, const int32_t *bias, int32_t *sums) {
    const int8_t *second = weights + depth, *third = second + depth, *fourth = third + depth;
    int32_t a = bias[0], b = bias[1], c = bias[2], d = bias[3];
    for (const int16_t *const end = x + depth; x < end;) {
        const int32_t value = *x++;
        a += value * *weights++;
        b += value * *second++;
        c += value * *third++;
        d += value * *fourth++;
    }
    sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}

void bw_rows_s16(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                 int32_t *sums) {
    const int16_t *const x = column;
    for (; rows >= 4; rows -= 4, weights += 4 * depth, bias += 4, sums += 4) {
        four_rows(weights, x, depth, bias, sums);
    }
    for (; rows > 0; --rows) {
        int32_t sum = *bias++;
        for (int32_t i = 0; i < depth; ++i) {
            sum += x[i] * *weights++;
        }
        *sums++ = sum;
    }
}

void bw_rows_s8(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                int32_t *sums) {
    bw_rows_s16(weights, column, depth, rows, bias, sums);
}
