/* Products of a query, widened to halfwords, with rows of bytes by SMLAD. */
#ifndef BW_ATTEND_ROWS_DSP_H
#define BW_ATTEND_ROWS_DSP_H

#include "bw_dsp.h"

/* scores[j] += products of row j of 4 * fours with all words from `query` to `end` (at least two), two for four taps.
 * fours is at least 1. Cost: 23 instructions per 16 products and 14 per four rows. */
#ifdef __ARM_FEATURE_DSP

#define BW_UNUSED __attribute__((unused))

/* clang-format off */
#define BW_KEY(load, score) \
    "ldr     r10, " load " \n" \
    "sxtb16  r11, r10 \n" \
    "sxtb16  r10, r10, ror #8 \n" \
    "smlad   " score ", r8, r11, " score " \n" \
    "smlad   " score ", r9, r10, " score " \n"

/* Four rows: those at r2, a stride and two on, and lr, which is three on. Frame: the query, 40 scores, 44 fours. */
__attribute__((naked, noinline)) static void bw_attend_fours_dsp(BW_UNUSED const uint32_t *query, BW_UNUSED const uint32_t *end,
                                                        BW_UNUSED const int8_t *rows, BW_UNUSED int32_t stride,
                                                        BW_UNUSED int32_t *scores, BW_UNUSED int32_t fours) {
    __asm__ volatile(
        "push    {r0, r4-r11, lr} \n"
        "ldr     r12, [sp, #40] \n"
        "add     lr, r3, r3, lsl #1 \n"
        "add     lr, r2, lr \n"
        "1: \n"
        "ldm     r12, {r4-r7} \n"
        "2: \n"
        "ldrd    r8, r9, [r0], #8 \n"
        BW_KEY("[r2, r3]", "r5")
        BW_KEY("[r2, r3, lsl #1]", "r6")
        BW_KEY("[lr], #4", "r7")
        BW_KEY("[r2], #4", "r4")
        "cmp     r0, r1 \n"
        "bne     2b \n"
        "stm     r12!, {r4-r7} \n"
        "ldr     r0, [sp] \n"
        "sub     r8, r0, r1 \n" /* two bytes per tap */
        "add     lr, lr, r8, asr #1 \n"
        "add     r2, lr, r3 \n"
        "add     lr, lr, r3, lsl #2 \n"
        "ldr     r8, [sp, #44] \n"
        "subs    r8, r8, #1 \n"
        "str     r8, [sp, #44] \n"
        "bne     1b \n"
        "pop     {r0, r4-r11, pc} \n");
}
/* clang-format on */

#else

static void bw_attend_fours_dsp(const uint32_t *query, const uint32_t *end, const int8_t *rows, int32_t stride,
                                int32_t *scores, int32_t fours) {
    for (int32_t j = 0; j < 4 * fours; ++j, rows += stride) {
        const int8_t *row = rows;
        for (const uint32_t *q = query; q < end; q += 2, row += 4) {
            const uint32_t k = bw_load32(row);
            scores[j] = bw_smlad(q[1], bw_sxtb16_ror8(k), bw_smlad(q[0], bw_sxtb16(k), scores[j]));
        }
    }
}

#endif

/* The products with one row. */
static inline int32_t bw_attend_one_dsp(const uint32_t *query, const uint32_t *end, const int8_t *row) {
    int32_t sum = 0;
    for (; query < end; query += 2, row += 4) {
        const uint32_t k = bw_load32(row);
        sum = bw_smlad(query[1], bw_sxtb16_ror8(k), bw_smlad(query[0], bw_sxtb16(k), sum));
    }
    return sum;
}

#endif /* BW_ATTEND_ROWS_DSP_H */
