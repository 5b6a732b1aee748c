/* Sums of a row of int8 on RVV, VLEN / 4 elements at a time: 9 instructions and 12. */
#include "bw_mad_sums_s8.h"

#include "bw_rvv.h"

int32_t bw_mad_total_s8(const int8_t *x, int32_t depth) {
    int32_t total = 0;
    for (size_t n; depth > 0; x += n, depth -= (int32_t)n) {
        n = bw_lanes(depth);
        total = bw_total_words(bw_scale_bytes(x, 1, 0, n), total, n);
    }
    return total;
}

uint32_t bw_mad_positive_s8(const int8_t *x, int32_t depth, int32_t total) {
    int32_t sum = 0;
    size_t n;
    for (int32_t left = depth; left > 0; x += n, left -= (int32_t)n) {
        n = bw_lanes(left);
        sum = bw_total_words(bw_at_least(bw_scale_bytes(x, depth, -total, n), 0, n), sum, n);
    }
    return (uint32_t)sum;
}
