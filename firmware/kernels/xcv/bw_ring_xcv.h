/* Weighted sums of four elements of rows on XCV, in two halves (bw_ring_split.h): halves[0..3] those of the factors'
 * bits 15 and up (of int16 weights: 8 and up), halves[4..7] those of the bits below. `stride` in bytes, count from 1 to
 * BW_RING_MOST (int16: BW_RING_MOST_S16).
 *
 * Cost: 17 instructions per row of four elements of 8 or 16 bits, 23 of 4 bits.
 */
#ifndef BW_RING_XCV_H
#define BW_RING_XCV_H

#include "bw_ring_split.h"
#include "bw_xcv.h"

/* Rows of 16 bits whose products with 8 bits can be summed up in 32. */
#define BW_RING_MOST_S16 128

#if BW_HAS_XCV

/* clang-format off */
#define BW_RING_CLEAR \
    " li a6, 0\n li a7, 0\n li t0, 0\n li t1, 0\n li t2, 0\n li t3, 0\n li t4, 0\n li t5, 0\n"
#define BW_RING_STORE \
    " sw a6, 0(a4)\n sw a7, 4(a4)\n sw t0, 8(a4)\n sw t1, 12(a4)\n" \
    " sw t2, 16(a4)\n sw t3, 20(a4)\n sw t4, 24(a4)\n sw t5, 28(a4)\n ret\n"
/* The halves of a factor are in t6 and a5, an element in a3. */
#define BW_RING_FACTOR " lw_post a5, a0, 4\n srai t6, a5, 15\n slli a5, a5, 17\n srli a5, a5, 17\n"
#define BW_RING_ELEMENT(load, high, low) load " mac " high ", t6, a3\n mac " low ", a5, a3\n"
/* clang-format on */

#else

static inline void bw_ring_half_xcv(int32_t factor, int32_t bits, int32_t element, int32_t *halves) {
    halves[0] += (factor >> bits) * element;
    halves[4] += (factor & ((1 << bits) - 1)) * element;
}

static inline void bw_ring_clear_xcv(int32_t *halves) {
    for (int32_t k = 0; k < 8; ++k) {
        halves[k] = 0;
    }
}

#endif

/* sums[i] += sum of weights[j] * rows[j * stride + i] over j; the stride in elements. In bw_attend_s16.c. */
void bw_ring_sums_xcv_s16(const int16_t *weights, const int16_t *rows, int32_t stride, int32_t count, int32_t depth,
                          int64_t *sums);

/* sums[0..3] += halves of which the low one has so many bits */
static inline void bw_ring_add_xcv(const int32_t *halves, int32_t bits, int64_t *sums) {
    for (int32_t k = 0; k < 4; ++k) {
        sums[k] += bw_ring_joined(halves[k], halves[4 + k], bits);
    }
}

#endif /* BW_RING_XCV_H */
