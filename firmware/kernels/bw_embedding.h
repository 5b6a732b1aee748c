/* Rows of a table by index, whatever their type.
 *
 * Layout: table [rows][bytes], indices [count] of index_bytes each (signed, 1, 2 or 4), output [count][bytes]. An index
 * below 0 reads row 0, one beyond the table its last row. The output may not overlap the indices.
 * Cost: a copy of count * bytes bytes.
 */
#ifndef BW_EMBEDDING_H
#define BW_EMBEDDING_H

#include <stdint.h>

typedef struct {
    int32_t count, rows, bytes, index_bytes;
    const int8_t *table;
} bw_embedding_params;

void bw_embedding(const bw_embedding_params *p, const void *indices, void *output);

#endif /* BW_EMBEDDING_H */
