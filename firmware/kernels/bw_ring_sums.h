/* Weighted sums of rows of a ring (bw_attend_ring.h) where one instruction multiplies and adds in 64 bits: four
 * elements at a time, whose sums stay in registers. Cost on a Cortex-M4: 3 instructions per product.
 */
#ifndef BW_RING_SUMS_H
#define BW_RING_SUMS_H

#include "bw_ring_rows.h"

static inline void bw_ring_wide_s8(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count,
                                   int32_t depth, int64_t *sums) {
    for (; depth >= 4; depth -= 4, rows += 4, sums += 4) {
        int64_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
        const int8_t *row = rows;
        for (int32_t j = 0; j < count; ++j, row += stride) {
            const int64_t f = factors[j];
            s0 += f * row[0], s1 += f * row[1], s2 += f * row[2], s3 += f * row[3];
        }
        sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
    }
    for (; depth > 0; --depth, ++rows, ++sums) {
        for (int32_t j = 0; j < count; ++j) {
            *sums += (int64_t)factors[j] * rows[j * stride];
        }
    }
}

static inline void bw_ring_wide_s4(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count,
                                   int32_t depth, int64_t *sums) {
    for (; depth >= 4; depth -= 4, rows += 2, sums += 4) {
        int64_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
        const int8_t *row = rows;
        for (int32_t j = 0; j < count; ++j, row += stride) {
            const int64_t f = factors[j];
            const int32_t a = row[0], b = row[1];
            s0 += f * bw_ring_low(a), s1 += f * bw_ring_high(a), s2 += f * bw_ring_low(b), s3 += f * bw_ring_high(b);
        }
        sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
    }
    for (int32_t j = 0; depth > 0 && j < count; ++j, rows += stride) {
        sums[0] += (int64_t)factors[j] * bw_ring_low(*rows);
        sums[1] += (int64_t)factors[j] * bw_ring_high(*rows);
    }
}

static inline void bw_ring_wide_s16(const int16_t *weights, const int16_t *rows, int32_t stride, int32_t count,
                                    int32_t depth, int64_t *sums) {
    for (; depth >= 4; depth -= 4, rows += 4, sums += 4) {
        int64_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
        const int16_t *row = rows;
        for (int32_t j = 0; j < count; ++j, row += stride) {
            const int64_t f = weights[j];
            s0 += f * row[0], s1 += f * row[1], s2 += f * row[2], s3 += f * row[3];
        }
        sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
    }
    for (; depth > 0; --depth, ++rows, ++sums) {
        for (int32_t j = 0; j < count; ++j) {
            *sums += weights[j] * rows[j * stride];
        }
    }
}

#endif /* BW_RING_SUMS_H */
