/* Tiles of four units and two columns by dot products of four bytes in hardware loops.
 *
 * Weights: for every four taps a word of each unit. Columns: for every four taps the upper bytes of the first column,
 * their lower ones, which have no sign, and both of the second. Cost: 24 instructions per 32 products, and 9 per sum.
 */
#include "bw_tile_s16.h"

#include "bw_xcv.h"

#define COLUMNS 2

/* Four taps of a column, of which `left` there are. */
static void four_taps(const int16_t *values, int32_t left, uint8_t *to) {
    for (int32_t i = 0; i < 4; ++i) {
        const uint32_t value = i < left ? (uint32_t)values[i] : 0;
        to[i] = (uint8_t)(value >> 8);
        to[4 + i] = (uint8_t)value;
    }
}

#if BW_HAS_XCV

/* Upper and lower bytes of four taps at a time, at least once. */
void bw_tile_split_xcv(const int16_t *values, uint8_t *to, int32_t fours);

/* clang-format off */
/* a0 weights, a1 columns, a2 fours, a3 bias, a4 sums; sums of upper bytes in s1 to s8, of lower ones in a5 to a7, t0,
 * t1, s9 to s11, first column first; weights in t2 to t5, the column's word in t6. */
#define BW_TILE_COLUMN(a, b, c, d, e, f, g, h) \
    " lw_post t6, a1, 4\n" \
    " sdotsp_b " a ", t2, t6\n sdotsp_b " b ", t3, t6\n sdotsp_b " c ", t4, t6\n sdotsp_b " d ", t5, t6\n" \
    " lw_post t6, a1, 4\n" \
    " sdotusp_b " e ", t6, t2\n sdotusp_b " f ", t6, t3\n sdotusp_b " g ", t6, t4\n sdotusp_b " h ", t6, t5\n"
#define BW_TILE_SUM(upper, lower, place) \
    " slli " upper ", " upper ", 8\n add " lower ", " lower ", " upper "\n sw " lower ", " place "(a4)\n"
__asm__(
    "function bw_tile_split_xcv\n"
    " li t3, 0x07050301\n li t4, 0x06040200\n"
    " hardware_loop a2, 7\n"
    " lw_post t0, a0, 4\n lw_post t1, a0, 4\n mv t2, t0\n shuffle2_b t0, t1, t3\n shuffle2_b t2, t1, t4\n"
    " sw_post t0, a1, 4\n sw_post t2, a1, 12\n ret\n"
    "end_function bw_tile_split_xcv\n"
    "function bw_tile_s16\n"
    " addi sp, sp, -48\n sw s1, 0(sp)\n sw s2, 4(sp)\n sw s3, 8(sp)\n sw s4, 12(sp)\n sw s5, 16(sp)\n sw s6, 20(sp)\n"
    " sw s7, 24(sp)\n sw s8, 28(sp)\n sw s9, 32(sp)\n sw s10, 36(sp)\n sw s11, 40(sp)\n"
    " srli a2, a2, 2\n lw a5, 0(a3)\n lw a6, 4(a3)\n lw a7, 8(a3)\n lw t0, 12(a3)\n"
    " mv t1, a5\n mv s9, a6\n mv s10, a7\n mv s11, t0\n"
    " li s1, 0\n li s2, 0\n li s3, 0\n li s4, 0\n li s5, 0\n li s6, 0\n li s7, 0\n li s8, 0\n"
    " hardware_loop a2, 24\n"
    " lw_post t2, a0, 4\n lw_post t3, a0, 4\n lw_post t4, a0, 4\n lw_post t5, a0, 4\n"
    BW_TILE_COLUMN("s1", "s2", "s3", "s4", "a5", "a6", "a7", "t0")
    BW_TILE_COLUMN("s5", "s6", "s7", "s8", "t1", "s9", "s10", "s11")
    BW_TILE_SUM("s1", "a5", "0") BW_TILE_SUM("s2", "a6", "4") BW_TILE_SUM("s3", "a7", "8") BW_TILE_SUM("s4", "t0", "12")
    BW_TILE_SUM("s5", "t1", "64") BW_TILE_SUM("s6", "s9", "68") BW_TILE_SUM("s7", "s10", "72")
    BW_TILE_SUM("s8", "s11", "76")
    " lw s1, 0(sp)\n lw s2, 4(sp)\n lw s3, 8(sp)\n lw s4, 12(sp)\n lw s5, 16(sp)\n lw s6, 20(sp)\n"
    " lw s7, 24(sp)\n lw s8, 28(sp)\n lw s9, 32(sp)\n lw s10, 36(sp)\n lw s11, 40(sp)\n addi sp, sp, 48\n ret\n"
    "end_function bw_tile_s16\n");
/* clang-format on */

#else

void bw_tile_s16(const int8_t *weights, const void *columns, int32_t depth, const int32_t *bias, int32_t *sums) {
    for (int32_t column = 0; column < COLUMNS; ++column) {
        for (int32_t unit = 0; unit < 4; ++unit) {
            int32_t sum = bias[unit];
            for (int32_t i = 0; i < depth; ++i) {
                const uint8_t *const x = (const uint8_t *)columns + 16 * (i / 4) + 8 * column + i % 4;
                sum += weights[16 * (i / 4) + 4 * unit + i % 4] * (int16_t)(uint16_t)(x[0] << 8 | x[4]);
            }
            sums[column * BW_TILE_SUMS + unit] = sum;
        }
    }
}

#endif

void bw_tile_columns_s16(const int16_t *const from[BW_TILE_COLUMNS], int32_t taps, int32_t depth, void *columns) {
    for (int32_t column = 0; column < COLUMNS; ++column) {
        uint8_t *const to = (uint8_t *)columns + 8 * column;
        int32_t i = 0;
#if BW_HAS_XCV
        if (taps >= 4 && ((uintptr_t)from[column] & 3U) == 0) {
            bw_tile_split_xcv(from[column], to, taps / 4);
            i = taps & ~3;
        }
#endif
        for (; i < depth; i += 4) {
            four_taps(from[column] + i, taps - i, to + 4 * i);
        }
    }
}
