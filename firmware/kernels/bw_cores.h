/* How the cores of a cluster share a layer's work.
 *
 * A model that is compiled with BW_CORES > 1 is run by that many cores at once over one memory: every core calls the
 * same function, does its share of each layer and waits at a barrier for the others. The platform then defines
 * bw_core_id, 0 to BW_CORES - 1, and bw_barrier, which returns when all cores have called it and what each has written
 * is seen by the others. With one core, all of this folds into constants.
 */
#ifndef BW_CORES_H
#define BW_CORES_H

#include <stdint.h>

#ifndef BW_CORES
#define BW_CORES 1
#endif

#if BW_CORES > 1
int32_t bw_core_id(void);
void bw_barrier(void);
#else
static inline int32_t bw_core_id(void) { return 0; }
static inline void bw_barrier(void) {}
#endif

/* Pieces of work begin to end - 1. */
typedef struct {
    int32_t begin, end;
} bw_share;

/* This core's share of count pieces. */
static inline bw_share bw_share_of(int32_t count) {
#if BW_CORES > 1
    const int32_t id = bw_core_id();
    const bw_share share = {count * id / BW_CORES, count * (id + 1) / BW_CORES};
#else
    const bw_share share = {0, count};
#endif
    return share;
}

/* Work in two dimensions: rows are shared where every core gets as many or where they are not fewer than columns, which
 * are shared elsewhere; the other dimension is whole. */
static inline void bw_share_either(int32_t rows, int32_t columns, bw_share *row, bw_share *column) {
    const bw_share all_rows = {0, rows}, all_columns = {0, columns};
    const int32_t by_rows = rows % BW_CORES == 0 || rows >= columns;
    *row = by_rows ? bw_share_of(rows) : all_rows;
    *column = by_rows ? all_columns : bw_share_of(columns);
}

/* This core's part of scratch that every core has for itself. */
static inline void *bw_scratch_of(void *scratch, int32_t bytes) { return (int8_t *)scratch + bw_core_id() * bytes; }

#endif /* BW_CORES_H */
