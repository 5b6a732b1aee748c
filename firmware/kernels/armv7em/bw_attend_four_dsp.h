/* Products of a query, widened to halfwords, with four rows of bytes by SMLAD. */
#ifndef BW_ATTEND_FOUR_DSP_H
#define BW_ATTEND_FOUR_DSP_H

#include "bw_dsp.h"

/* scores[0..3] += products with four keys of all words from `query` to `end`, two words for four taps. */
#ifdef __ARM_FEATURE_DSP

#define BW_UNUSED __attribute__((unused))

/* clang-format off */
#define BW_KEY(load, score) \
    "ldr     r10, " load " \n" \
    "sxtb16  r11, r10 \n" \
    "sxtb16  r10, r10, ror #8 \n" \
    "smlad   " score ", r8, r11, " score " \n" \
    "smlad   " score ", r9, r10, " score " \n"

__attribute__((naked, noinline)) static void bw_attend_four_dsp(BW_UNUSED const uint32_t *query, BW_UNUSED const uint32_t *end,
                                                       BW_UNUSED const int8_t *keys, BW_UNUSED int32_t stride,
                                                       BW_UNUSED int32_t *scores) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "ldr     r12, [sp, #36] \n"
        "ldm     r12, {r4-r7} \n"
        "add     lr, r3, r3, lsl #1 \n"
        "add     lr, r2, lr \n"
        "1: \n"
        "ldrd    r8, r9, [r0], #8 \n"
        BW_KEY("[r2, r3]", "r5")
        BW_KEY("[r2, r3, lsl #1]", "r6")
        BW_KEY("[lr], #4", "r7")
        BW_KEY("[r2], #4", "r4")
        "cmp     r0, r1 \n"
        "bne     1b \n"
        "stm     r12, {r4-r7} \n"
        "pop     {r4-r11, pc} \n");
}
/* clang-format on */

#else

static void bw_attend_four_dsp(const uint32_t *query, const uint32_t *end, const int8_t *keys, int32_t stride,
                               int32_t *scores) {
    for (; query < end; query += 2, keys += 4) {
        for (int32_t j = 0; j < 4; ++j) {
            const uint32_t k = bw_load32(keys + j * stride);
            scores[j] = bw_smlad(query[1], bw_sxtb16_ror8(k), bw_smlad(query[0], bw_sxtb16(k), scores[j]));
        }
    }
}

#endif

#endif /* BW_ATTEND_FOUR_DSP_H */
