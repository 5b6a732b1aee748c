/* Rows of int8 weights times a column of int8 or int16: the matrix products of recurrent layers.
 *
 * Layout: weights [rows][depth], aligned to four bytes, as their depth is: rows end with zeros where it is not. A
 * column is laid out as the instruction set likes it, by the functions that make it: in `scratch`, 2 bytes for each of
 * `depth` values rounded up to four, aligned to four bytes, unless the values can be read where they are. Ranges: no
 * sum leaves int32 (proven on the host).
 */
#ifndef BW_ROWS_S8_H
#define BW_ROWS_S8_H

#include <stdint.h>

/* sums[i] = bias[i] + the product of row i and the column. */
void bw_rows_s8(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                int32_t *sums);
void bw_rows_s16(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                 int32_t *sums);

#endif /* BW_ROWS_S8_H */
