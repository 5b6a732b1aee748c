/* Products of rows and a column of int16: four rows share every load of the column, their sums lie in the upper
 * registers: 62 instructions for 16 products. */
#include "bw_rows_s8.h"

#if defined(__ARM_ARCH) && !defined(__ARM_FEATURE_DSP) && defined(__thumb__)

#define UNUSED __attribute__((unused))

/* clang-format off */

/* r0 weights, r1 column, r2 to r4 one, two and three times the depth, r5 zero, r6 value, r7 weight; sums in r8 to r11,
 * r12 the column's end. */
#define ROW(offset, sum) \
    "ldrsb r7, [r0, " offset "] \n" \
    "muls  r7, r6 \n" \
    "add   " sum ", r7 \n"
#define TAP \
    "ldrsh r6, [r1, r5] \n" \
    ROW("r5", "r8") ROW("r2", "r9") ROW("r3", "r10") ROW("r4", "r11") \
    "adds  r0, #1 \n" \
    "adds  r1, #2 \n"

/* All registers are taken: the function is assembly as a whole, its arguments in r0 to r3 and on the stack (AAPCS). */
__attribute__((naked, noinline)) static void four_rows(UNUSED const int8_t *weights, UNUSED const int16_t *x,
                                                       UNUSED int32_t depth, UNUSED const int32_t *bias,
                                                       UNUSED int32_t *sums) {
    __asm__ volatile(
        ".syntax unified \n"
        "push  {r4-r7, lr} \n"
        "mov   r4, r8 \n"
        "mov   r5, r9 \n"
        "mov   r6, r10 \n"
        "mov   r7, r11 \n"
        "push  {r4-r7} \n"
        "ldm   r3!, {r4-r7} \n"
        "mov   r8, r4 \n"
        "mov   r9, r5 \n"
        "mov   r10, r6 \n"
        "mov   r11, r7 \n"
        "lsls  r3, r2, #1 \n"
        "adds  r4, r1, r3 \n"
        "mov   r12, r4 \n"
        "adds  r4, r3, r2 \n"
        "movs  r5, #0 \n"
        "1: \n"
        TAP
        TAP
        TAP
        TAP
        "cmp   r1, r12 \n"
        "bne   1b \n"
        "ldr   r3, [sp, #36] \n"
        "mov   r4, r8 \n"
        "mov   r5, r9 \n"
        "mov   r6, r10 \n"
        "mov   r7, r11 \n"
        "stm   r3!, {r4-r7} \n"
        "pop   {r4-r7} \n"
        "mov   r8, r4 \n"
        "mov   r9, r5 \n"
        "mov   r10, r6 \n"
        "mov   r11, r7 \n"
        "pop   {r4-r7, pc} \n");
}
/* clang-format on */

#else

static void four_rows(const int8_t *weights, const int16_t *x, int32_t depth, const int32_t *bias, int32_t *sums) {
    for (int32_t row = 0; row < 4; ++row) {
        sums[row] = bias[row];
        for (int32_t i = 0; i < depth; ++i) {
            sums[row] += x[i] * *weights++;
        }
    }
}

#endif

void bw_rows_s16(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                 int32_t *sums) {
    const int16_t *const x = column;
    for (; rows >= 4; rows -= 4, weights += 4 * depth, bias += 4, sums += 4) {
        four_rows(weights, x, depth, bias, sums);
    }
    for (; rows > 0; --rows) {
        int32_t sum = *bias++;
        for (int32_t i = 0; i < depth; ++i) {
            sum += x[i] * *weights++;
        }
        *sums++ = sum;
    }
}

void bw_rows_s8(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                int32_t *sums) {
    bw_rows_s16(weights, column, depth, rows, bias, sums);
}
