/* Rows of an int8 table by index into float, each times its scale.
 *
 * Layout: table [rows][depth], scale [rows], indices [count] of index_bytes each (signed, 1, 2 or 4), output
 * [count][depth]. An index below 0 reads row 0, one beyond the table its last row. The output may not overlap the
 * indices. Cost: a product per element of the output.
 */
#ifndef BW_EMBEDDING_REAL_PARAMS_H
#define BW_EMBEDDING_REAL_PARAMS_H

#include <stdint.h>

typedef struct {
    int32_t count, rows, depth, index_bytes;
    const int8_t *table;
    const float *scale;
} bw_embedding_real_params;

#endif /* BW_EMBEDDING_REAL_PARAMS_H */
