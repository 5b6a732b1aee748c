/* Cost: 14 instructions per tap and four products. */
#include "bw_woven_units_s8.h"

#if defined(__ARM_ARCH) && defined(__thumb__)

#define UNUSED __attribute__((unused))

/* clang-format off */

/* 13 instructions of two bytes each: the size is relied on below. */
#define TAP(offset) \
    "ldrb    r2, [r1, #" offset "] \n" \
    "sxtb    r2, r2 \n" \
    "ldmia   r0!, {r3} \n" \
    "uxth    r4, r3 \n" \
    "muls    r4, r2, r4 \n" \
    "adds    r5, r5, r4 \n" \
    "lsrs    r4, r3, #8 \n" \
    "uxth    r4, r4 \n" \
    "muls    r4, r2, r4 \n" \
    "adds    r6, r6, r4 \n" \
    "lsrs    r3, r3, #16 \n" \
    "muls    r3, r2, r3 \n" \
    "adds    r7, r7, r3 \n"

/* acc += the sums of one row. */
__attribute__((naked, noinline)) static void multiply(UNUSED const int32_t *row, UNUSED const int8_t *input,
                                                      UNUSED int32_t depth, UNUSED uint32_t acc[BW_CHAIN]) {
    __asm__ volatile(
        ".syntax unified \n"
        "push    {r3-r7, lr} \n"
        "ldmia   r3!, {r5-r7} \n"
        "adds    r3, r1, r2 \n" /* the end of the input */
        "mov     r12, r3 \n"
        "rsbs    r2, r2, #0 \n"
        "movs    r3, #3 \n"
        "ands    r2, r2, r3 \n" /* taps that the first round leaves out */
        "subs    r1, r1, r2 \n"
        "movs    r3, #26 \n"
        "muls    r2, r3, r2 \n"
        "adr     r3, 1f \n"
        "adds    r2, r2, r3 \n"
        "mov     pc, r2 \n"
        ".balign 4 \n"
        "1: \n"
        TAP("0") TAP("1") TAP("2") TAP("3")
        "adds    r1, r1, #4 \n"
        "cmp     r1, r12 \n"
        "bne     1b \n"
        "pop     {r3} \n"
        "stmia   r3!, {r5-r7} \n"
        "pop     {r4-r7, pc} \n");
}
/* clang-format on */

#else

/* acc += the sums of one row. */
static void multiply(const int32_t *row, const int8_t *input, int32_t depth, uint32_t acc[BW_CHAIN]) {
    for (int32_t i = 0; i < depth; ++i) {
        const int32_t element = input[i];
        for (int32_t j = 0; j < BW_CHAIN; ++j) {
            acc[j] += ((uint32_t)row[i] >> 8 * j & 0xFFFFU) * (uint32_t)element;
        }
    }
}

#endif

void bw_woven_units_s8(const int32_t *row, const int8_t *input, int32_t depth, int32_t pitch,
                       uint32_t acc[2 * BW_CHAIN]) {
    multiply(row, input, depth, acc);
    if (pitch != 0) {
        multiply(row + pitch / 4, input, depth, acc + BW_CHAIN);
    }
}
