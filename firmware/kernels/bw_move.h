/* Moves elements by a table of strided copies: transpose, slice, split, pack, concatenate, pad and kin.
 *
 * Each row of the table: input, output, byte offset in each, bytes of the innermost run, then for four loops, outermost
 * first, counts, input strides and output strides in bytes. A row whose input is -1 writes padding.
 * Overlap: rows and runs are moved in order, each as memmove does. Cost: every byte once.
 */
#ifndef BW_MOVE_H
#define BW_MOVE_H

#include <stdint.h>

#define BW_MOVE_LOOPS 4

typedef struct {
    int32_t nests;
    const int32_t *table; /* [nests][5 + 3 * BW_MOVE_LOOPS] */
    int32_t element;      /* bytes of an element: 1, 2, 4 or 8 */
    int32_t fill;         /* value of padding */
} bw_move_params;

void bw_move(const bw_move_params *p, const void *const *inputs, void *const *outputs);

#endif /* BW_MOVE_H */
