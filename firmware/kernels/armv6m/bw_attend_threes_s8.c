/* Products of three queries with one key at a time: two words and two sums are what the registers hold.
 *
 * Cost: 2.5 instructions per product, 16 per key.
 */
#include "bw_attend_threes_s8.h"

#include "bw_attend_s8.h"

#if defined(__ARM_ARCH) && defined(__thumb__)

#define UNUSED __attribute__((unused))

/* clang-format off */
#define TAP \
    "ldrsb   r2, [r1, r3] \n" \
    "ldmia   r0!, {r4, r5} \n" \
    "adds    r3, r3, #1 \n" \
    "muls    r4, r2, r4 \n" \
    "adds    r6, r6, r4 \n" \
    "muls    r5, r2, r5 \n" \
    "adds    r7, r7, r5 \n"

/* Stride in r8, words in r9, whole fours of taps in r10, sums in r11, taps in r12, keys that are left in lr. Frame: 36
 * taps, 40 sums. */
__attribute__((naked)) void bw_attend_threes_s8(UNUSED const uint32_t *woven, UNUSED const int8_t *keys,
                                                UNUSED int32_t stride, UNUSED int32_t count, UNUSED int32_t taps,
                                                UNUSED uint32_t *sums) {
    __asm__ volatile(
        ".syntax unified \n"
        "push    {r4-r7, lr} \n"
        "mov     r4, r8 \n"
        "mov     r5, r9 \n"
        "mov     r6, r10 \n"
        "mov     r7, r11 \n"
        "push    {r4-r7} \n"
        "mov     r8, r2 \n"
        "mov     r9, r0 \n"
        "mov     lr, r3 \n"
        "ldr     r4, [sp, #36] \n"
        "mov     r12, r4 \n"
        "movs    r5, #3 \n"
        "bics    r4, r4, r5 \n"
        "mov     r10, r4 \n"
        "ldr     r4, [sp, #40] \n"
        "mov     r11, r4 \n"
        "1: \n"
        "mov     r0, r9 \n"
        "movs    r6, #0 \n"
        "movs    r7, #0 \n"
        "movs    r3, #0 \n"
        "cmp     r3, r10 \n"
        "beq     3f \n"
        "2: \n"
        TAP TAP TAP TAP
        "cmp     r3, r10 \n"
        "bne     2b \n"
        "3: \n"
        "cmp     r3, r12 \n"
        "beq     4f \n"
        TAP
        "b       3b \n"
        "4: \n"
        "mov     r4, r11 \n"
        "stmia   r4!, {r6, r7} \n"
        "mov     r11, r4 \n"
        "add     r1, r8 \n"
        "mov     r4, lr \n"
        "subs    r4, r4, #1 \n"
        "mov     lr, r4 \n"
        "bne     1b \n"
        "pop     {r4-r7} \n"
        "mov     r8, r4 \n"
        "mov     r9, r5 \n"
        "mov     r10, r6 \n"
        "mov     r11, r7 \n"
        "pop     {r4-r7, pc} \n");
}
/* clang-format on */

#else

void bw_attend_threes_s8(const uint32_t *woven, const int8_t *keys, int32_t stride, int32_t count, int32_t taps,
                         uint32_t *sums) {
    for (int32_t j = 0; j < count; ++j, keys += stride, sums += 2) {
        sums[0] = sums[1] = 0;
        for (int32_t i = 0; i < taps; ++i) {
            const uint32_t key = (uint32_t)keys[i];
            sums[0] += woven[2 * i] * key;
            sums[1] += woven[2 * i + 1] * key;
        }
    }
}

#endif

void bw_attend_three_values_s8(const int16_t *weights, int32_t apart, int32_t rows, const int8_t *values,
                               int32_t stride, int32_t count, int32_t depth, int32_t *sums) {
    for (int32_t row = 0; row < rows; ++row) {
        bw_attend_values_s8(weights + row * apart, values, stride, count, depth, sums + row * depth);
    }
}
