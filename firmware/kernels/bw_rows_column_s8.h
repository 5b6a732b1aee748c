/* Columns of values as the instruction set's bw_rows_s8 and bw_rows_s16 like to read them.
 *
 * A column lies in `scratch`, 2 bytes for each of `depth` values rounded up to four, aligned to four bytes, unless the
 * values can be read where they are; depth need not be a multiple of four.
 */
#ifndef BW_ROWS_COLUMN_S8_H
#define BW_ROWS_COLUMN_S8_H

#include <stdint.h>

const void *bw_rows_column_s8(const int8_t *values, int32_t depth, void *scratch);
const void *bw_rows_column_s16(const int16_t *values, int32_t depth, void *scratch);

#endif /* BW_ROWS_COLUMN_S8_H */
