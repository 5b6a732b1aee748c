/* Four elements of a weighted sum of rows of bytes by SMLAD, four rows at a time. */
#ifndef BW_ATTEND_VALUES_DSP_H
#define BW_ATTEND_VALUES_DSP_H

#include "bw_dsp.h"

/* Sums += both weights times four elements of two rows. */
static inline void bw_attend_two_rows_dsp(uint32_t weights, const int8_t *first, const int8_t *second, int32_t *sums) {
    const uint32_t a = bw_load32(first), b = bw_load32(second), low = bw_pkhbt(a, b), high = bw_pkhtb(a, b);
    sums[0] = bw_smlad(weights, bw_sxtb16(low), sums[0]);
    sums[1] = bw_smlad(weights, bw_sxtb16_ror8(low), sums[1]);
    sums[2] = bw_smlad(weights, bw_sxtb16(high), sums[2]);
    sums[3] = bw_smlad(weights, bw_sxtb16_ror8(high), sums[3]);
}

/* sums[0..3] = sum of weights[j] * rows[j * stride + 0..3] over j < 4 * fours; fours is at least 1.
 * Cost: 30 instructions per 16 products, 5 where all four weights are zero. */
#ifdef __ARM_FEATURE_DSP

#define BW_UNUSED __attribute__((unused))

/* clang-format off */
/* Two rows in r10 and r11: their bytes are brought together before they are widened. */
#define BW_TWO_ROWS(weights) \
    "pkhbt   r12, r10, r11, lsl #16 \n" \
    "pkhtb   r11, r11, r10, asr #16 \n" \
    "sxtb16  r10, r12 \n" \
    "sxtb16  r12, r12, ror #8 \n" \
    "smlad   r4, " weights ", r10, r4 \n" \
    "smlad   r5, " weights ", r12, r5 \n" \
    "sxtb16  r10, r11 \n" \
    "sxtb16  r11, r11, ror #8 \n" \
    "smlad   r6, " weights ", r10, r6 \n" \
    "smlad   r7, " weights ", r11, r7 \n"

__attribute__((naked, noinline)) static void bw_attend_values_dsp(BW_UNUSED const int16_t *weights, BW_UNUSED const int8_t *rows,
                                                         BW_UNUSED int32_t stride, BW_UNUSED int32_t fours,
                                                         BW_UNUSED int32_t *sums) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "add     r3, r0, r3, lsl #3 \n"
        "add     lr, r2, r2, lsl #1 \n"
        "mov     r4, #0 \n"
        "mov     r5, #0 \n"
        "mov     r6, #0 \n"
        "mov     r7, #0 \n"
        "1: \n"
        "ldr     r8, [r0], #4 \n" /* weights need not be aligned to four bytes, as LDRD asks */
        "ldr     r9, [r0], #4 \n"
        "orrs    r10, r8, r9 \n"
        "beq     2f \n"
        "ldr     r10, [r1] \n"
        "ldr     r11, [r1, r2] \n"
        BW_TWO_ROWS("r8")
        "ldr     r10, [r1, r2, lsl #1] \n"
        "ldr     r11, [r1, lr] \n"
        BW_TWO_ROWS("r9")
        "2: \n"
        "add     r1, r1, r2, lsl #2 \n"
        "cmp     r0, r3 \n"
        "bne     1b \n"
        "ldr     r12, [sp, #36] \n"
        "stm     r12, {r4-r7} \n"
        "pop     {r4-r11, pc} \n");
}
/* clang-format on */

#else

static void bw_attend_values_dsp(const int16_t *weights, const int8_t *rows, int32_t stride, int32_t fours,
                                 int32_t *sums) {
    memset(sums, 0, 16);
    for (; fours > 0; --fours, weights += 4, rows += 4 * stride) {
        bw_attend_two_rows_dsp(bw_load32(weights), rows, rows + stride, sums);
        bw_attend_two_rows_dsp(bw_load32(weights + 2), rows + 2 * stride, rows + 3 * stride, sums);
    }
}

#endif

#endif /* BW_ATTEND_VALUES_DSP_H */
