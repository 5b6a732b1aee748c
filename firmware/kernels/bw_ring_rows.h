/* Products of a query with rows of a ring (bw_attend_ring.h) in C, four rows at a time. */
#ifndef BW_RING_ROWS_H
#define BW_RING_ROWS_H

#include "bw_attend_ring.h"

/* The two elements of a byte. */
static inline int32_t bw_ring_low(int32_t byte) { return (int32_t)((uint32_t)byte << 28) >> 28; }
static inline int32_t bw_ring_high(int32_t byte) { return byte >> 4; }

static inline void bw_ring_four_s8(const int16_t *query, const int8_t *rows, int32_t stride, int32_t depth,
                                   int32_t *products) {
    const int8_t *k0 = rows, *k1 = k0 + stride, *k2 = k1 + stride, *k3 = k2 + stride;
    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (const int16_t *const end = query + depth; query < end; ++query) {
        const int32_t q = *query;
        s0 += q * *k0++, s1 += q * *k1++, s2 += q * *k2++, s3 += q * *k3++;
    }
    products[0] = s0, products[1] = s1, products[2] = s2, products[3] = s3;
}

static inline void bw_ring_four_s4(const int16_t *query, const int8_t *rows, int32_t stride, int32_t depth,
                                   int32_t *products) {
    const int8_t *k0 = rows, *k1 = k0 + stride, *k2 = k1 + stride, *k3 = k2 + stride;
    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (const int16_t *const end = query + depth; query < end; query += 2) {
        const int32_t q = query[0], r = query[1], a = *k0++, b = *k1++, c = *k2++, d = *k3++;
        s0 += q * bw_ring_low(a) + r * bw_ring_high(a), s1 += q * bw_ring_low(b) + r * bw_ring_high(b);
        s2 += q * bw_ring_low(c) + r * bw_ring_high(c), s3 += q * bw_ring_low(d) + r * bw_ring_high(d);
    }
    products[0] = s0, products[1] = s1, products[2] = s2, products[3] = s3;
}

static inline int32_t bw_ring_one_s8(const int16_t *query, const int8_t *row, int32_t depth) {
    int32_t sum = 0;
    for (int32_t i = 0; i < depth; ++i) {
        sum += query[i] * row[i];
    }
    return sum;
}

static inline int32_t bw_ring_one_s4(const int16_t *query, const int8_t *row, int32_t depth) {
    int32_t sum = 0;
    for (int32_t i = 0; i < depth; i += 2, ++row) {
        sum += query[i] * bw_ring_low(*row) + query[i + 1] * bw_ring_high(*row);
    }
    return sum;
}

static inline void bw_ring_rows_s8(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count,
                                   int32_t depth, int32_t *products) {
    for (; count >= 4; count -= 4, rows += 4 * stride, products += 4) {
        bw_ring_four_s8(query, rows, stride, depth, products);
    }
    for (; count > 0; --count, rows += stride) {
        *products++ = bw_ring_one_s8(query, rows, depth);
    }
}

static inline void bw_ring_rows_s4(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count,
                                   int32_t depth, int32_t *products) {
    for (; count >= 4; count -= 4, rows += 4 * stride, products += 4) {
        bw_ring_four_s4(query, rows, stride, depth, products);
    }
    for (; count > 0; --count, rows += stride) {
        *products++ = bw_ring_one_s4(query, rows, depth);
    }
}

/* Define the products of an instruction set without any of its own. */
#define BW_DEFINE_RING_PRODUCTS(function, rows_of)                                                                     \
    void function(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,              \
                  int32_t *products) {                                                                                 \
        rows_of(query, rows, stride, count, depth, products);                                                          \
    }

/* Define weighted sums: with factors of int32 and rows of bytes, or weights and rows of int16. */
#define BW_DEFINE_RING_SUMS(function, sums_of, factor, element)                                                        \
    void function(const factor *factors, const element *rows, int32_t stride, int32_t count, int32_t depth,            \
                  int64_t *sums) {                                                                                     \
        sums_of(factors, rows, stride, count, depth, sums);                                                            \
    }

#endif /* BW_RING_ROWS_H */
