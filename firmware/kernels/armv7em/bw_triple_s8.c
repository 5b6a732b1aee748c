#include "bw_triple_s8.h"

#include "bw_pairs_s8.h"
#include "bw_triple_taps.h"

#ifdef __ARM_FEATURE_DSP

/* Both functions take every register but the stack pointer, which no compiler grants: they are assembly as a whole,
 * their arguments in r0 to r3 (AAPCS). */

/* clang-format off */
__attribute__((naked, noinline)) uint32_t *bw_widen_triple_s8(UNUSED const int8_t *const from[BW_TRIPLE],
                                                              UNUSED int32_t quads, UNUSED uint32_t *columns) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "ldm     r0, {r0, r3, lr} \n"
        "lsrs    r1, r1, #1 \n"
        "bcc     2f \n" /* an even number of quads */
        "ldr     r4, [r0], #4 \n"
        "ldr     r5, [r3], #4 \n"
        "ldr     r6, [lr], #4 \n"
        "sxtb16  r10, r4, ror #8 \n"
        "sxtb16  r11, r5, ror #8 \n"
        "sxtb16  r12, r6, ror #8 \n"
        "sxtb16  r4, r4 \n"
        "sxtb16  r5, r5 \n"
        "sxtb16  r6, r6 \n"
        "stm     r2!, {r4-r6, r10-r12} \n"
        "cbz     r1, 3f \n"
        "1: \n" /* two quads of each column */
        "ldrd    r4, r7, [r0], #8 \n"
        "ldrd    r5, r8, [r3], #8 \n"
        "ldrd    r6, r9, [lr], #8 \n"
        "sxtb16  r10, r4, ror #8 \n"
        "sxtb16  r11, r5, ror #8 \n"
        "sxtb16  r12, r6, ror #8 \n"
        "sxtb16  r4, r4 \n"
        "sxtb16  r5, r5 \n"
        "sxtb16  r6, r6 \n"
        "stm     r2!, {r4-r6, r10-r12} \n"
        "sxtb16  r10, r7, ror #8 \n"
        "sxtb16  r11, r8, ror #8 \n"
        "sxtb16  r12, r9, ror #8 \n"
        "sxtb16  r7, r7 \n"
        "sxtb16  r8, r8 \n"
        "sxtb16  r9, r9 \n"
        "stm     r2!, {r7-r12} \n"
        "subs    r1, r1, #1 \n"
        "2: \n"
        "bne     1b \n" /* or by LSRS: nothing is left */
        "3: \n"
        "mov     r0, r2 \n"
        "pop     {r4-r11, pc} \n");
}

/* bw_requantize_pair of the doubled accumulator in register `acc`, with the temporary r6. */
#define REQUANTIZE(acc, multiplier, shift) \
    "smmlar  r6, " acc ", " multiplier ", lr \n" \
    "add     r6, r6, " acc ", asr #31 \n" \
    "asr     r6, r6, " shift " \n" \
    "ssat    r6, #8, r6, asr #1 \n"

/* Frame: 0 and 4 biases and shifts, 8 and 12 multipliers, 16 output, 20 step, 24 offset, 28 end of the first column's
 * outputs, 32 columns, 36 rounds of 32 taps, 40 where the first round enters its code. */
__attribute__((naked, noinline)) void bw_triple_s8(UNUSED const int32_t *pairs, UNUSED const uint32_t *columns,
                                                   UNUSED int8_t *output, UNUSED const bw_triple_s8_shape *shape) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "sub     sp, sp, #44 \n"
        "ldm     r3, {r4-r7} \n" /* quads, channels, step, offset */
        ROUNDS
        "add     r5, r5, r2 \n"
        "strd    r2, r6, [sp, #16] \n"
        "strd    r7, r5, [sp, #24] \n"
        "strd    r1, r8, [sp, #32] \n"
        "str     r9, [sp, #40] \n"

        "1: \n" /* a pair of channels */
        "ldm     r0!, {r4, r7, r10, r11} \n"
        "stm     sp, {r4, r7, r10, r11} \n"
        "asr     r7, r7, #8 \n"
        "bic     r4, r4, #255 \n"
        "add     r4, r4, r7 \n"
        "ldrd    r1, lr, [sp, #32] \n"
        FIRST_FOUR_TAPS(
            "smlad   r8, r10, r3, r7 \n"
            "smlad   r9, r10, r12, r7 \n"
            "smlad   r7, r10, r2, r7 \n")
        "ldr     pc, [sp, #40] \n"
        TAPS

        "ldm     sp, {r1-r3, r10-r12, lr} \n"
        "lsl     lr, lr, r1 \n" /* by its lowest byte */
        "sub     r6, r6, r9 \n"
        "asr     r6, r6, #7 \n"
        "smmulr  r6, r6, r3 \n" /* no register is free for a temporary yet */
        "add     r6, r6, r6, asr #31 \n"
        "add     r6, r6, lr \n"
        "asr     r6, r6, r1 \n"
        "ssat    r6, #8, r6, asr #1 \n"
        "strb    r6, [r11, r12, lsl #1] \n"
        "sub     r5, r5, r8 \n"
        "asr     r5, r5, #7 \n"
        REQUANTIZE("r5", "r3", "r1")
        "strb    r6, [r11, r12] \n"
        "sub     r4, r4, r7 \n"
        "asr     r4, r4, #7 \n"
        REQUANTIZE("r4", "r3", "r1")
        "strb    r6, [r11], #1 \n"
        "ldrd    lr, r3, [sp, #24] \n"
        "cmp     r11, r3 \n"
        "beq     3f \n" /* the number of channels is odd */
        "lsl     lr, lr, r2 \n"
        "lsl     r9, r9, #1 \n"
        REQUANTIZE("r9", "r10", "r2")
        "strb    r6, [r11, r12, lsl #1] \n"
        "lsl     r8, r8, #1 \n"
        REQUANTIZE("r8", "r10", "r2")
        "strb    r6, [r11, r12] \n"
        "lsl     r7, r7, #1 \n"
        REQUANTIZE("r7", "r10", "r2")
        "strb    r6, [r11], #1 \n"
        "str     r11, [sp, #16] \n"
        "cmp     r11, r3 \n"
        "bne     1b \n"

        "3: \n"
        "add     sp, sp, #44 \n"
        "pop     {r4-r11, pc} \n");
}
/* clang-format on */

#else

uint32_t *bw_widen_triple_s8(const int8_t *const from[BW_TRIPLE], int32_t quads, uint32_t *columns) {
    for (int32_t i = 0; i < quads; ++i) {
        for (int32_t c = 0; c < BW_TRIPLE; ++c) {
            const uint32_t word = bw_load32(from[c] + 4 * i);
            columns[c] = bw_sxtb16(word);
            columns[BW_TRIPLE + c] = bw_sxtb16_ror8(word);
        }
        columns += 2 * BW_TRIPLE;
    }
    return columns;
}

void bw_triple_s8(const int32_t *pairs, const uint32_t *columns, int8_t *output, const bw_triple_s8_shape *shape) {
    for (int32_t channel = 0; channel < shape->channels; channel += 2) {
        const int32_t *const head = pairs;
        pairs += 4;
        for (int32_t c = BW_TRIPLE - 1; c >= 0; --c) {
            int32_t second = bw_second_bias(head), both = bw_pair_bias(head);
            for (int32_t i = 0; i < 2 * shape->quads; ++i) {
                const uint32_t word = (uint32_t)pairs[i], column = columns[BW_TRIPLE * i + c];
                both = bw_smlad(word, column, both);
                second = bw_smlad(bw_sxtb16(word), column, second);
            }
            int8_t *const to = output + shape->step * c + channel;
            to[0] = bw_requantize_pair(bw_first_doubled(both, second), head[2], head[0], shape->offset);
            if (channel + 1 < shape->channels) {
                to[1] = bw_requantize_pair((int32_t)((uint32_t)second << 1), head[3], head[1], shape->offset);
            }
        }
        pairs += 2 * shape->quads;
    }
}

#endif
