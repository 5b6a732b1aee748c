/* Rows of a ring and of int16 as vectors (bw_rvv.h), and weighted sums of them whose halves 32 bits hold. */
#ifndef BW_RING_RVV_H
#define BW_RING_RVV_H

#include "bw_ring_split.h"
#include "bw_rvv.h"

/* Lanes that are worked on together at the most, so that their sums find place on the stack. */
#define BW_RING_LANES 32
/* Rows of 16 bits whose products with 8 bits can be summed up in 32. */
#define BW_RING_ROWS_S16 128

#ifdef __riscv_vector

/* Elements of 16 bits, which follow each other or are `step` apart. */
static inline bw_halfwords bw_load_halfwords(const int16_t *from, size_t n) { return __riscv_vle16_v_i16m4(from, n); }
static inline bw_halfwords bw_gather_halfwords(const int16_t *from, int32_t step, size_t n) {
    return __riscv_vlse16_v_i16m4(from, 2 * step, n);
}

/* The low and the high elements of bytes. */
static inline bw_halfwords bw_low_nibbles(bw_halfwords a, size_t n) {
    return __riscv_vsra_vx_i16m4(__riscv_vsll_vx_i16m4(a, 12, n), 12, n);
}
static inline bw_halfwords bw_high_nibbles(bw_halfwords a, size_t n) { return __riscv_vsra_vx_i16m4(a, 4, n); }

/* Sums, and the low bytes, of words. */
static inline bw_words bw_add_each(bw_words a, bw_words b, size_t n) { return __riscv_vadd_vv_i32m8(a, b, n); }
static inline bw_words bw_low_bytes(bw_words a, size_t n) { return __riscv_vand_vx_i32m8(a, 0xFF, n); }

#else

static inline bw_halfwords bw_gather_halfwords(const int16_t *from, int32_t step, size_t n) {
    bw_halfwords halfwords = {{0}};
    for (size_t i = 0; i < n; ++i) {
        halfwords.lane[i] = from[(int32_t)i * step];
    }
    return halfwords;
}
static inline bw_halfwords bw_load_halfwords(const int16_t *from, size_t n) { return bw_gather_halfwords(from, 1, n); }

static inline bw_halfwords bw_low_nibbles(bw_halfwords a, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] = (int16_t)bw_ring_low(a.lane[i]);
    }
    return a;
}
static inline bw_halfwords bw_high_nibbles(bw_halfwords a, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] = (int16_t)bw_ring_high(a.lane[i]);
    }
    return a;
}

static inline bw_words bw_add_each(bw_words a, bw_words b, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] = bw_add32(a.lane[i], b.lane[i]);
    }
    return a;
}
static inline bw_words bw_low_bytes(bw_words a, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] &= 0xFF;
    }
    return a;
}

#endif

/* sums[i * step] += the halves' sums of `bits` */
static inline void bw_ring_join(bw_words high, bw_words low, int32_t bits, int64_t *sums, int32_t step, size_t n) {
    int32_t above[BW_RING_LANES], below[BW_RING_LANES];
    bw_store_words(above, high, n);
    bw_store_words(below, low, n);
    for (int32_t i = 0; i < (int32_t)n; ++i) {
        sums[i * step] += bw_ring_joined(above[i], below[i], bits);
    }
}

/* sums[i] += sum of weights[j] * rows[j * stride + i] over j */
static inline void bw_ring_rvv_s16(const int16_t *weights, const int16_t *rows, int32_t stride, int32_t count,
                                   int32_t depth, int64_t *sums) {
    for (size_t n; depth > 0; depth -= (int32_t)n, rows += n, sums += n) {
        n = bw_lanes(depth < BW_RING_LANES ? depth : BW_RING_LANES);
        const int16_t *row = rows;
        for (int32_t j = 0; j < count;) {
            const int32_t end = count - j < BW_RING_ROWS_S16 ? count : j + BW_RING_ROWS_S16;
            bw_words high = bw_splat_words(0, n), low = high;
            for (; j < end; ++j, row += stride) {
                const bw_halfwords x = bw_load_halfwords(row, n);
                high = bw_mac_wide(high, (int16_t)(weights[j] >> 8), x, n);
                low = bw_mac_wide(low, (int16_t)(weights[j] & 0xFF), x, n);
            }
            bw_ring_join(high, low, 8, sums, 1, n);
        }
    }
}

#endif /* BW_RING_RVV_H */
