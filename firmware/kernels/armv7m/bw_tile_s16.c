/* Tiles of four units and two columns: every weight is loaded once for both.
 *
 * Weights: for every tap a byte of each unit. Columns: tap after tap, a value of each column. Cost: 59 instructions per
 * 32 products.
 */
#include "bw_tile_s16.h"

#define COLUMNS 2

void bw_tile_columns_s16(const int16_t *const from[BW_TILE_COLUMNS], int32_t taps, int32_t depth, void *columns) {
    const int16_t *first = from[0], *second = from[1];
    int16_t *to = columns;
    for (int32_t i = 0; i < depth; ++i, to += COLUMNS) {
        to[0] = i < taps ? *first++ : 0;
        to[1] = i < taps ? *second++ : 0;
    }
}

/* One weight times the values of both columns. As instructions, for compilers would load ahead what they have no
 * registers for. */
#if defined(__ARM_ARCH) && defined(__thumb2__)
#define UNIT(weight, first, second)                                                                                    \
    do {                                                                                                               \
        int32_t w;                                                                                                     \
        __asm__ volatile("ldrsb %2, %3\n mla %0, %2, %4, %0\n mla %1, %2, %5, %1"                                      \
                         : "+&r"(first), "+&r"(second), "=&r"(w)                                                       \
                         : "m"(weight), "r"(x0), "r"(x1));                                                             \
    } while (0)
#else
#define UNIT(weight, first, second) (first += (weight)*x0, second += (weight)*x1)
#endif

#define TAP(i)                                                                                                         \
    do {                                                                                                               \
        const int32_t x0 = x[2 * (i)], x1 = x[2 * (i) + 1];                                                            \
        UNIT(weights[4 * (i)], a0, a1);                                                                                \
        UNIT(weights[4 * (i) + 1], b0, b1);                                                                            \
        UNIT(weights[4 * (i) + 2], c0, c1);                                                                            \
        UNIT(weights[4 * (i) + 3], d0, d1);                                                                            \
    } while (0)

void bw_tile_s16(const int8_t *weights, const void *columns, int32_t depth, const int32_t *bias, int32_t *sums) {
    const int16_t *x = columns;
    int32_t a0 = bias[0], b0 = bias[1], c0 = bias[2], d0 = bias[3], a1 = a0, b1 = b0, c1 = c0, d1 = d0;
    for (const int8_t *const end = weights + 4 * depth; weights < end; weights += 16, x += 8) {
        TAP(0);
        TAP(1);
        TAP(2);
        TAP(3);
    }
    sums[0] = a0, sums[1] = b0, sums[2] = c0, sums[3] = d0, sums += BW_TILE_SUMS;
    sums[0] = a1, sums[1] = b1, sums[2] = c1, sums[3] = d1;
}
