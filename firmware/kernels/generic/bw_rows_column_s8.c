/* Columns of int16, with zeros up to a multiple of four; in place where there is nothing to do. */
#include "bw_rows_column_s8.h"

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
