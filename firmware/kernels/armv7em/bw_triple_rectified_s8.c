#include "bw_triple_rectified_s8.h"

#include "bw_dsp.h"
#include "bw_triple_taps.h"

#ifdef __ARM_FEATURE_DSP

/* clang-format off */

/* The scaled accumulator in register `acc`. */
#define RECTIFY(acc, multiplier) \
    "smmla   " acc ", " acc ", " multiplier ", r12 \n" \
    "ssat    " acc ", #8, " acc ", asr #10 \n"

/* Frame: 0 second bias, 4 and 8 multipliers, 12 output, 16 step, 20 offset, 24 end of the first column's outputs,
 * 28 columns, 32 rounds of 32 taps, 36 where the first round enters its code. */
__attribute__((naked, noinline)) void bw_triple_rectified_s8(UNUSED const int32_t *pairs,
                                                             UNUSED const uint32_t *columns, UNUSED int8_t *output,
                                                             UNUSED const bw_triple_s8_shape *shape) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "sub     sp, sp, #44 \n"
        "ldm     r3, {r4-r7} \n" /* quads, channels, step, offset */
        ROUNDS
        "add     r5, r5, r2 \n"
        "strd    r2, r6, [sp, #12] \n"
        "strd    r7, r5, [sp, #20] \n"
        "strd    r1, r8, [sp, #28] \n"
        "str     r9, [sp, #36] \n"

        "1: \n" /* a pair of channels */
        "ldm     r0!, {r4, r7, r10, r11} \n"
        "stm     sp, {r7, r10, r11} \n"
        "ldrd    r1, lr, [sp, #28] \n"
        FIRST_FOUR_TAPS(
            "smuad   r7, r10, r2 \n"
            "smuad   r8, r10, r3 \n"
            "smuad   r9, r10, r12 \n")
        "ldr     pc, [sp, #36] \n"
        TAPS

        "ldm     sp, {r1-r3, r10-r12, lr} \n"
        "sub     r6, r6, r9 \n"
        RECTIFY("r6", "r2")
        "strb    r6, [r10, r11, lsl #1] \n"
        "sub     r5, r5, r8 \n"
        RECTIFY("r5", "r2")
        "strb    r5, [r10, r11] \n"
        "sub     r4, r4, r7 \n"
        RECTIFY("r4", "r2")
        "strb    r4, [r10], #1 \n"
        "cmp     r10, lr \n"
        "beq     3f \n" /* the number of channels is odd */
        "add     r9, r1, r9, lsl #8 \n"
        RECTIFY("r9", "r3")
        "strb    r9, [r10, r11, lsl #1] \n"
        "add     r8, r1, r8, lsl #8 \n"
        RECTIFY("r8", "r3")
        "strb    r8, [r10, r11] \n"
        "add     r7, r1, r7, lsl #8 \n"
        RECTIFY("r7", "r3")
        "strb    r7, [r10], #1 \n"
        "str     r10, [sp, #12] \n"
        "cmp     r10, lr \n"
        "bne     1b \n"

        "3: \n"
        "add     sp, sp, #44 \n"
        "pop     {r4-r11, pc} \n");
}
/* clang-format on */

#else

void bw_triple_rectified_s8(const int32_t *pairs, const uint32_t *columns, int8_t *output,
                            const bw_triple_s8_shape *shape) {
    for (int32_t channel = 0; channel < shape->channels; channel += 2) {
        const int32_t *const head = pairs;
        pairs += 4;
        for (int32_t c = BW_TRIPLE - 1; c >= 0; --c) {
            int32_t second = 0, both = head[0];
            for (int32_t i = 0; i < 2 * shape->quads; ++i) {
                const uint32_t word = (uint32_t)pairs[i], column = columns[BW_TRIPLE * i + c];
                both = bw_smlad(word, column, both);
                second = bw_smlad(bw_sxtb16(word), column, second);
            }
            int8_t *const to = output + shape->step * c + channel;
            to[0] = bw_rectify((int32_t)((uint32_t)both - (uint32_t)second), head[2], shape->offset);
            if (channel + 1 < shape->channels) {
                to[1] = bw_rectify((int32_t)((uint32_t)head[1] + ((uint32_t)second << 8)), head[3], shape->offset);
            }
        }
        pairs += 2 * shape->quads;
    }
}

#endif
