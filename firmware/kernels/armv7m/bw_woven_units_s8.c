/* Cost: 13 instructions per tap and eight products. */
#include "bw_woven_units_s8.h"

#if defined(__ARM_ARCH) && __ARM_ARCH >= 7 && defined(__thumb2__)

#define UNUSED __attribute__((unused))

/* clang-format off */

/* Four units: the halfwords of the word at `row`. */
#define ROW(row, t, u, v) \
    "ldrh.w  r11, [" row ", #1] \n" \
    "ldrh.w  r12, [" row ", #2] \n" \
    "ldrh.w  lr, [" row "], #4 \n" \
    "mla     " u ", r11, r10, " u " \n" \
    "mla     " v ", r12, r10, " v " \n" \
    "mla     " t ", lr, r10, " t " \n"

/* 13 instructions of four bytes each: the size is relied on below. */
#define TAP "ldrsb.w r10, [r1], #1 \n" ROW("r0", "r4", "r5", "r6") ROW("r3", "r7", "r8", "r9")

__attribute__((naked, noinline)) void bw_woven_units_s8(UNUSED const int32_t *row, UNUSED const int8_t *input,
                                                      UNUSED int32_t depth, UNUSED int32_t pitch,
                                                      UNUSED uint32_t acc[2 * BW_CHAIN]) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "ldr     r12, [sp, #36] \n"
        "ldm     r12, {r4-r9} \n"
        "add     r3, r3, r0 \n"
        "rsb     r10, r2, #0 \n"
        "and     r10, r10, #7 \n"
        "add     r2, r2, #7 \n"
        "lsr     r2, r2, #3 \n"
        "mov     r11, #52 \n"
        "mul     r10, r10, r11 \n"
        "adr.w   r11, 1f \n"
        "add     r10, r10, r11 \n"
        "mov     pc, r10 \n"
        ".balign 4 \n"
        "1: \n"
        ".rept   8 \n" TAP ".endr \n"
        "subs    r2, r2, #1 \n"
        "bne.w   1b \n"
        "ldr     r12, [sp, #36] \n"
        "stm     r12, {r4-r9} \n"
        "pop     {r4-r11, pc} \n");
}
/* clang-format on */

#else

void bw_woven_units_s8(const int32_t *row, const int8_t *input, int32_t depth, int32_t pitch,
                       uint32_t acc[2 * BW_CHAIN]) {
    for (int32_t i = 0; i < depth; ++i) {
        const int32_t element = input[i];
        for (int32_t j = 0; j < 2 * BW_CHAIN; ++j) {
            const uint32_t word = (uint32_t)row[i + j / BW_CHAIN * (pitch / 4)];
            acc[j] += (word >> 8 * (j % BW_CHAIN) & 0xFFFFU) * (uint32_t)element;
        }
    }
}

#endif
