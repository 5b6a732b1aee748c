/* Tiles of four units and four columns: every value is loaded once for the other four.
 *
 * Weights: for every tap a byte of each unit. Columns: tap after tap, a value of each column. Cost: 163 instructions
 * per 64 products.
 */
#include "bw_tile_s16.h"

#define COLUMNS 4

void bw_tile_columns_s16(const int16_t *const from[BW_TILE_COLUMNS], int32_t taps, int32_t depth, void *columns) {
    const int16_t *first = from[0], *second = from[1], *third = from[2], *fourth = from[3];
    int16_t *to = columns;
    for (int32_t i = 0; i < depth; ++i, to += COLUMNS) {
        const int inside = i < taps;
        to[0] = inside ? *first++ : 0, to[1] = inside ? *second++ : 0;
        to[2] = inside ? *third++ : 0, to[3] = inside ? *fourth++ : 0;
    }
}

/* One weight times the values of all columns. As instructions, for compilers would load ahead what they have no
 * registers for. */
#ifdef __riscv
#define UNIT(weight, a, b, c, d)                                                                                       \
    do {                                                                                                               \
        int32_t w, t;                                                                                                  \
        __asm__ volatile("lb %4, %6\n mul %5, %4, %7\n add %0, %0, %5\n mul %5, %4, %8\n add %1, %1, %5\n"             \
                         "mul %5, %4, %9\n add %2, %2, %5\n mul %4, %4, %10\n add %3, %3, %4"                          \
                         : "+&r"(a), "+&r"(b), "+&r"(c), "+&r"(d), "=&r"(w), "=&r"(t)                                  \
                         : "m"(weight), "r"(x0), "r"(x1), "r"(x2), "r"(x3));                                           \
    } while (0)
#else
#define UNIT(weight, a, b, c, d) (a += (weight)*x0, b += (weight)*x1, c += (weight)*x2, d += (weight)*x3)
#endif

#define TAP(i)                                                                                                         \
    do {                                                                                                               \
        const int32_t x0 = x[4 * (i)], x1 = x[4 * (i) + 1], x2 = x[4 * (i) + 2], x3 = x[4 * (i) + 3];                  \
        UNIT(weights[4 * (i)], a0, a1, a2, a3);                                                                        \
        UNIT(weights[4 * (i) + 1], b0, b1, b2, b3);                                                                    \
        UNIT(weights[4 * (i) + 2], c0, c1, c2, c3);                                                                    \
        UNIT(weights[4 * (i) + 3], d0, d1, d2, d3);                                                                    \
    } while (0)

void bw_tile_s16(const int8_t *weights, const void *columns, int32_t depth, const int32_t *bias, int32_t *sums) {
    const int16_t *x = columns;
    int32_t a0 = bias[0], b0 = bias[1], c0 = bias[2], d0 = bias[3], a1 = a0, b1 = b0, c1 = c0, d1 = d0;
    int32_t a2 = a0, b2 = b0, c2 = c0, d2 = d0, a3 = a0, b3 = b0, c3 = c0, d3 = d0;
    for (const int8_t *const end = weights + 4 * depth; weights < end; weights += 16, x += 16) {
        TAP(0);
        TAP(1);
        TAP(2);
        TAP(3);
    }
    sums[0] = a0, sums[1] = b0, sums[2] = c0, sums[3] = d0, sums += BW_TILE_SUMS;
    sums[0] = a1, sums[1] = b1, sums[2] = c1, sums[3] = d1, sums += BW_TILE_SUMS;
    sums[0] = a2, sums[1] = b2, sums[2] = c2, sums[3] = d2, sums += BW_TILE_SUMS;
    sums[0] = a3, sums[1] = b3, sums[2] = c3, sums[3] = d3;
}
