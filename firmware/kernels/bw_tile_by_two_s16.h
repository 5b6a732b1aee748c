/* Tiles of four units and two columns, as bw_tile_s16.h states: every weight is loaded once for both.
 *
 * Weights: for every tap a byte of each unit. Columns: tap after tap, a value of each column.
 */
#ifndef BW_TILE_BY_TWO_S16_H
#define BW_TILE_BY_TWO_S16_H

#include "bw_tile_s16.h"

#define BW_TILE_TAP(unit, i)                                                                                           \
    do {                                                                                                               \
        const int32_t x0 = x[2 * (i)], x1 = x[2 * (i) + 1];                                                            \
        unit(weights[4 * (i)], a0, a1);                                                                                \
        unit(weights[4 * (i) + 1], b0, b1);                                                                            \
        unit(weights[4 * (i) + 2], c0, c1);                                                                            \
        unit(weights[4 * (i) + 3], d0, d1);                                                                            \
    } while (0)

/* Define both functions by `unit(weight, first, second)`: one weight times the values x0 and x1 of both columns, each
 * added to a sum. */
#define BW_DEFINE_TILES_BY_TWO(unit)                                                                                   \
    void bw_tile_columns_s16(const int16_t *const from[BW_TILE_COLUMNS], int32_t taps, int32_t depth, void *columns) { \
        const int16_t *first = from[0], *second = from[1];                                                             \
        int16_t *to = (int16_t *)columns;                                                                              \
        for (int32_t i = 0; i < depth; ++i, to += 2) {                                                                 \
            to[0] = i < taps ? *first++ : 0;                                                                           \
            to[1] = i < taps ? *second++ : 0;                                                                          \
        }                                                                                                              \
    }                                                                                                                  \
                                                                                                                       \
    void bw_tile_s16(const int8_t *weights, const void *columns, int32_t depth, const int32_t *bias, int32_t *sums) {  \
        const int16_t *x = (const int16_t *)columns;                                                                   \
        int32_t a0 = bias[0], b0 = bias[1], c0 = bias[2], d0 = bias[3], a1 = a0, b1 = b0, c1 = c0, d1 = d0;            \
        for (const int8_t *const end = weights + 4 * depth; weights < end; weights += 16, x += 8) {                    \
            BW_TILE_TAP(unit, 0);                                                                                      \
            BW_TILE_TAP(unit, 1);                                                                                      \
            BW_TILE_TAP(unit, 2);                                                                                      \
            BW_TILE_TAP(unit, 3);                                                                                      \
        }                                                                                                              \
        sums[0] = a0, sums[1] = b0, sums[2] = c0, sums[3] = d0, sums += BW_TILE_SUMS;                                  \
        sums[0] = a1, sums[1] = b1, sums[2] = c1, sums[3] = d1;                                                        \
    }

#endif /* BW_TILE_BY_TWO_S16_H */
