/* The loops of a reduction: kept dimensions in output order and reduced ones, counts and input strides in elements. */
#ifndef BW_REDUCE_H
#define BW_REDUCE_H

#include <stdint.h>

#define BW_REDUCE_DIMENSIONS 6

typedef struct {
    int32_t kept_count[BW_REDUCE_DIMENSIONS], kept_stride[BW_REDUCE_DIMENSIONS];
    int32_t reduced_count[BW_REDUCE_DIMENSIONS], reduced_stride[BW_REDUCE_DIMENSIONS];
} bw_reduce;

/* Advance the counters like an odometer; false after the last position. */
static inline int bw_reduce_next(const int32_t *count, const int32_t *stride, int32_t *index, int32_t *at) {
    for (int32_t i = BW_REDUCE_DIMENSIONS - 1; i >= 0; --i) {
        *at += stride[i];
        if (++index[i] < count[i]) {
            return 1;
        }
        *at -= stride[i] * count[i];
        index[i] = 0;
    }
    return 0;
}

#endif /* BW_REDUCE_H */
