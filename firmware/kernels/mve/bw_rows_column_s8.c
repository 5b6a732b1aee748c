/* Columns as the values are, with zeros up to a multiple of four. */
#include "bw_rows_column_s8.h"

#include <string.h>

const void *bw_rows_column_s8(const int8_t *values, int32_t depth, void *scratch) {
    if (depth % 4 == 0) {
        return values;
    }
    memset((int8_t *)scratch + (depth & ~3), 0, 4);
    return memcpy(scratch, values, (size_t)depth);
}

const void *bw_rows_column_s16(const int16_t *values, int32_t depth, void *scratch) {
    if (depth % 4 == 0) {
        return values;
    }
    memset((int16_t *)scratch + (depth & ~3), 0, 8);
    return memcpy(scratch, values, 2 * (size_t)depth);
}
