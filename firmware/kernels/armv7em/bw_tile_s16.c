/* Tiles of two units and three columns by SMLAD.
 *
 * Weights: for every four taps a word of each unit. Columns: for every four taps two words of each column, as
 * bw_rows_column_s8.c has them. Cost: 43 instructions per 48 products, and 4 per sum.
 */
#include "bw_tile_s16.h"

#include "bw_dsp.h"

#define COLUMNS 3

/* The last taps, up to three. */
static void last_taps(const int16_t *from, int32_t left, uint32_t *to) {
    int16_t four[4] = {0, 0, 0, 0};
    memcpy(four, from, 2U * (uint32_t)left);
    const uint32_t first = bw_load32(four), second = bw_load32(four + 2);
    to[0] = bw_pkhbt(first, second);
    to[1] = bw_pkhtb(first, second);
}

void bw_tile_columns_s16(const int16_t *const from[BW_TILE_COLUMNS], int32_t taps, int32_t depth, void *columns) {
    for (int32_t column = 0; column < COLUMNS; ++column) {
        uint32_t *to = (uint32_t *)columns + 2 * column;
        const int16_t *values = from[column];
        int32_t left = taps;
        for (; left >= 4; left -= 4, values += 4, to += 2 * COLUMNS) {
            const uint32_t first = bw_load32(values), second = bw_load32(values + 2);
            to[0] = bw_pkhbt(first, second);
            to[1] = bw_pkhtb(first, second);
        }
        if (taps < depth) {
            last_taps(values, left, to);
        }
    }
}

#ifdef __ARM_FEATURE_DSP

#define BW_UNUSED __attribute__((unused))

/* clang-format off */
#define COLUMN(first, second) \
    "ldm     r1!, {r2, r3} \n" \
    "smlad   " first ", r10, r2, " first " \n" \
    "smlad   " first ", r11, r3, " first " \n" \
    "smlad   " second ", r12, r2, " second " \n" \
    "smlad   " second ", lr, r3, " second " \n"
#define FOUR_TAPS \
    "ldm     r0!, {r11, lr} \n" \
    "sxtb16  r10, r11 \n" \
    "sxtb16  r11, r11, ror #8 \n" \
    "sxtb16  r12, lr \n" \
    "sxtb16  lr, lr, ror #8 \n" \
    COLUMN("r4", "r7") COLUMN("r5", "r8") COLUMN("r6", "r9")

/* Two rounds in a turn, of which an odd number begins with the second. Frame: the weights' end, 40 sums. */
__attribute__((naked, noinline)) void bw_tile_s16(BW_UNUSED const int8_t *weights, BW_UNUSED const void *columns,
                                                  BW_UNUSED int32_t depth, BW_UNUSED const int32_t *bias,
                                                  BW_UNUSED int32_t *sums) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "ldrd    r4, r7, [r3] \n"
        "mov     r5, r4 \n"
        "mov     r6, r4 \n"
        "mov     r8, r7 \n"
        "mov     r9, r7 \n"
        "add     r3, r0, r2, lsl #1 \n"
        "push    {r3} \n"
        "tst     r2, #4 \n"
        "bne     2f \n"
        "1: \n"
        FOUR_TAPS
        "2: \n"
        FOUR_TAPS
        "ldr     r2, [sp] \n"
        "cmp     r0, r2 \n"
        "bne     1b \n"
        "ldr     r12, [sp, #40] \n"
        "strd    r4, r7, [r12] \n"
        "strd    r5, r8, [r12, #64] \n"
        "strd    r6, r9, [r12, #128] \n"
        "add     sp, sp, #4 \n"
        "pop     {r4-r11, pc} \n");
}
/* clang-format on */

#else

void bw_tile_s16(const int8_t *weights, const void *columns, int32_t depth, const int32_t *bias, int32_t *sums) {
    for (int32_t column = 0; column < COLUMNS; ++column) {
        for (int32_t unit = 0; unit < 2; ++unit) {
            int32_t sum = bias[unit];
            for (int32_t i = 0; i < depth / 4; ++i) {
                const uint32_t four = bw_load32(weights + 8 * i + 4 * unit);
                const uint32_t *const x = (const uint32_t *)columns + 2 * (COLUMNS * i + column);
                sum = bw_smlad(bw_sxtb16_ror8(four), x[1], bw_smlad(bw_sxtb16(four), x[0], sum));
            }
            sums[column * BW_TILE_SUMS + unit] = sum;
        }
    }
}

#endif
