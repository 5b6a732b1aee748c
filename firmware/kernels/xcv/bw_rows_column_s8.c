/* Columns for dot products of four bytes: int8 as the values are; of every four int16 their upper bytes, then their
 * lower ones, which have no sign. Zeros up to a multiple of four.
 */
#include "bw_rows_column_s8.h"

#include <string.h>

const void *bw_rows_column_s8(const int8_t *values, int32_t depth, void *scratch) {
    memset((int8_t *)scratch + (depth & ~3), 0, 4);
    return memcpy(scratch, values, (size_t)depth);
}

const void *bw_rows_column_s16(const int16_t *values, int32_t depth, void *scratch) {
    uint8_t *column = scratch;
    for (int32_t i = 0; i < ((depth + 3) & ~3); ++i, ++column) {
        const uint32_t value = i < depth ? (uint32_t)values[i] : 0;
        column[0] = (uint8_t)(value >> 8);
        column[4] = (uint8_t)value;
        column += i % 4 == 3 ? 4 : 0;
    }
    return scratch;
}
