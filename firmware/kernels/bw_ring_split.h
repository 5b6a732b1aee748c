/* Weighted sums of rows of a ring (bw_attend_ring.h) where sums of 64 bits are dear: factors are split into 15 bits and
 * the rest, and each half is summed in 32 bits over BW_RING_MOST rows: up to 2^15 * 2^7 * 2^8.
 */
#ifndef BW_RING_SPLIT_H
#define BW_RING_SPLIT_H

#include "bw_ring_rows.h"

#define BW_RING_MOST     256 /* rows of 8 bits and fewer whose sums fit */
#define BW_RING_MOST_S16 128 /* rows of 16 bits */

static inline int64_t bw_ring_joined(int32_t high, int32_t low, int32_t bits) {
    return (int64_t)high * (INT64_C(1) << bits) + low;
}

/* A sum of fewer than 65536 terms, of its high halves' sum and its low word. */
static inline int64_t bw_ring_total(int32_t high, uint32_t low) {
    return high * INT64_C(65536) + (low - ((uint32_t)high << 16));
}

#define BW_RING_SPLIT(k, x)                                                                                            \
    do {                                                                                                               \
        const int32_t element = (x);                                                                                   \
        high##k += high * element, low##k += low * element;                                                            \
    } while (0)

/* Two elements of up to BW_RING_MOST rows. */
static inline void bw_ring_two_s8(const int32_t *factors, const int8_t *row, int32_t stride, int32_t count,
                                  int64_t *sums) {
    int32_t high0 = 0, high1 = 0, low0 = 0, low1 = 0;
    for (const int32_t *const end = factors + count; factors < end; ++factors, row += stride) {
        const int32_t high = *factors >> 15, low = *factors & 0x7FFF;
        BW_RING_SPLIT(0, row[0]);
        BW_RING_SPLIT(1, row[1]);
    }
    sums[0] += bw_ring_joined(high0, low0, 15);
    sums[1] += bw_ring_joined(high1, low1, 15);
}

static inline void bw_ring_byte_s4(const int32_t *factors, const int8_t *row, int32_t stride, int32_t count,
                                   int64_t *sums) {
    int32_t high0 = 0, high1 = 0, low0 = 0, low1 = 0;
    for (const int32_t *const end = factors + count; factors < end; ++factors, row += stride) {
        const int32_t high = *factors >> 15, low = *factors & 0x7FFF, byte = *row;
        BW_RING_SPLIT(0, bw_ring_low(byte));
        BW_RING_SPLIT(1, bw_ring_high(byte));
    }
    sums[0] += bw_ring_joined(high0, low0, 15);
    sums[1] += bw_ring_joined(high1, low1, 15);
}

/* Two elements of fewer than 65536 rows, two rows at a time: the sum of two products fits 32 bits; of all of them, low
 * is the sum modulo 2^32, and high that of the high halves, 0 to rows * 2^16 below it. */
static inline void bw_ring_two_s16(const int16_t *weights, const int16_t *row, int32_t stride, int32_t count,
                                   int64_t *sums) {
    int32_t high0 = 0, high1 = 0;
    uint32_t low0 = 0, low1 = 0;
    for (; count >= 2; count -= 2, weights += 2, row += 2 * stride) {
        const int32_t v = weights[0], w = weights[1];
        const int32_t pair0 = v * row[0] + w * row[stride], pair1 = v * row[1] + w * row[stride + 1];
        low0 += (uint32_t)pair0, high0 += pair0 >> 16;
        low1 += (uint32_t)pair1, high1 += pair1 >> 16;
    }
    if (count > 0) {
        sums[0] += *weights * row[0], sums[1] += *weights * row[1];
    }
    sums[0] += bw_ring_total(high0, low0);
    sums[1] += bw_ring_total(high1, low1);
}

static inline void bw_ring_split_s8(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count,
                                    int32_t depth, int64_t *sums) {
    for (int32_t some; count > 0; count -= some, factors += some, rows += some * stride) {
        some = count < BW_RING_MOST ? count : BW_RING_MOST;
        int32_t i = 0;
        for (; i + 2 <= depth; i += 2) {
            bw_ring_two_s8(factors, rows + i, stride, some, sums + i);
        }
        for (int32_t j = 0; i < depth && j < some; ++j) {
            sums[i] += (int64_t)factors[j] * rows[j * stride + i];
        }
    }
}

static inline void bw_ring_split_s4(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count,
                                    int32_t depth, int64_t *sums) {
    for (int32_t some; count > 0; count -= some, factors += some, rows += some * stride) {
        some = count < BW_RING_MOST ? count : BW_RING_MOST;
        for (int32_t i = 0; i < depth; i += 2) {
            bw_ring_byte_s4(factors, rows + i / 2, stride, some, sums + i);
        }
    }
}

static inline void bw_ring_split_s16(const int16_t *weights, const int16_t *rows, int32_t stride, int32_t count,
                                     int32_t depth, int64_t *sums) {
    for (; depth >= 2; depth -= 2, rows += 2, sums += 2) {
        bw_ring_two_s16(weights, rows, stride, count, sums);
    }
    for (int32_t j = 0; depth > 0 && j < count; ++j) {
        *sums += weights[j] * rows[j * stride];
    }
}

#endif /* BW_RING_SPLIT_H */
