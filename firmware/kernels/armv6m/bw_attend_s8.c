/* Inner loops of attention of int8: four keys, or four elements of the values, at a time.
 *
 * Cost: 4.4 instructions per product with values, 1.5 where a weight is zero.
 */
#include "bw_attend_s8.h"

#include "bw_attend_keys.h"

#if defined(__ARM_ARCH) && defined(__thumb__)

#define UNUSED __attribute__((unused))

/* clang-format off */
#define ELEMENT(place, sum) \
    "ldrsb   r3, [r1, " place "] \n" \
    "muls    r3, r2, r3 \n" \
    "add     " sum ", r3 \n"
#define VALUE(offset, label) \
    "ldrh    r2, [r0, #" offset "] \n" \
    "cmp     r2, #0 \n" \
    "beq     " label "f \n" \
    ELEMENT("r4", "r8") ELEMENT("r5", "r9") ELEMENT("r6", "r10") ELEMENT("r7", "r11") \
    label ": \n" \
    "add     r1, r12 \n"

/* sums[0..3] = sum of weights[j] * values[j * stride + 0..3] over j < count, which is at least 1: two at a time, and
 * the second half of a turn where it is odd. The places 0 to 3 in r4 to r7, the stride in r12, the end in lr. */
__attribute__((naked, noinline)) static void four(UNUSED const int16_t *weights, UNUSED const int8_t *values,
                                                  UNUSED int32_t stride, UNUSED int32_t count, UNUSED int32_t *sums) {
    __asm__ volatile(
        ".syntax unified \n"
        "push    {r4-r7, lr} \n"
        "mov     r4, r8 \n"
        "mov     r5, r9 \n"
        "mov     r6, r10 \n"
        "mov     r7, r11 \n"
        "push    {r4-r7} \n"
        "mov     r12, r2 \n"
        "lsls    r4, r3, #1 \n"
        "adds    r4, r0, r4 \n"
        "mov     lr, r4 \n"
        "movs    r4, #0 \n"
        "mov     r8, r4 \n"
        "mov     r9, r4 \n"
        "mov     r10, r4 \n"
        "mov     r11, r4 \n"
        "movs    r5, #1 \n"
        "movs    r6, #2 \n"
        "movs    r7, #3 \n"
        "lsrs    r3, r3, #1 \n"
        "bcc     1f \n"
        "subs    r0, r0, #2 \n"
        "b       4f \n"
        "1: \n"
        VALUE("0", "2")
        "4: \n"
        VALUE("2", "3")
        "adds    r0, r0, #4 \n"
        "cmp     r0, lr \n"
        "bne     1b \n"
        "ldr     r0, [sp, #36] \n"
        "mov     r4, r8 \n"
        "mov     r5, r9 \n"
        "mov     r6, r10 \n"
        "mov     r7, r11 \n"
        "stmia   r0!, {r4-r7} \n"
        "pop     {r4-r7} \n"
        "mov     r8, r4 \n"
        "mov     r9, r5 \n"
        "mov     r10, r6 \n"
        "mov     r11, r7 \n"
        "pop     {r4-r7, pc} \n");
}
/* clang-format on */

#else

static void four(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t *sums) {
    for (int32_t i = 0; i < 4; ++i) {
        sums[i] = 0;
        for (int32_t j = 0; j < count; ++j) {
            sums[i] += weights[j] * values[j * stride + i];
        }
    }
}

#endif

void bw_attend_scores_s8(const int8_t *query, int32_t zero_point, const int8_t *keys, int32_t stride, int32_t count,
                         int32_t depth, int32_t *scores) {
    bw_attend_keys(query, zero_point, keys, stride, count, depth, scores);
}

void bw_attend_values_s8(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t depth,
                         int32_t *sums) {
    for (; depth >= 4 && count > 0; depth -= 4, values += 4, sums += 4) {
        four(weights, values, stride, count, sums);
    }
    for (; depth > 0; --depth, ++values) {
        int32_t sum = 0;
        for (int32_t j = 0; j < count; ++j) {
            sum += weights[j] * values[j * stride];
        }
        *sums++ = sum;
    }
}
