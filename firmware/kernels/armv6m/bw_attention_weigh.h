/* Weights of attention from a row of scores (bw_attention.h): the sum of them.
 *
 * Cost: two passes; 54 instructions per score.
 */
#ifndef BW_ATTENTION_WEIGH_H
#define BW_ATTENTION_WEIGH_H

#include "bw_attention_weight.h"

#if defined(__ARM_ARCH) && __ARM_ARCH == 6 && defined(__thumb__)

typedef struct {
    int32_t largest;
    uint32_t limit, low, high; /* halves of the multiplier */
    int32_t left;
    const uint32_t *lines;
    int32_t down;
} bw_attention_row_constants;

/* clang-format off */

/* Score by score, none of them hidden: bw_attention_weight with its constants in registers. The largest in r8, the
 * limit in r9, the sum in r10, the end in r11, the multiplier's halves in r12 and lr. Frame: left, lines, down. */
__attribute__((naked, noinline)) static uint32_t bw_attention_weigh_row(
    __attribute__((unused)) const int32_t *scores, __attribute__((unused)) int16_t *weights,
    __attribute__((unused)) const int32_t *end, __attribute__((unused)) const bw_attention_row_constants *of) {
    __asm__ volatile(
        ".syntax unified \n"
        "push    {r4-r7, lr} \n"
        "mov     r4, r8 \n"
        "mov     r5, r9 \n"
        "mov     r6, r10 \n"
        "mov     r7, r11 \n"
        "push    {r4-r7} \n"
        "mov     r11, r2 \n"
        "ldmia   r3!, {r4-r7} \n"
        "mov     r8, r4 \n"
        "mov     r9, r5 \n"
        "mov     r12, r6 \n"
        "mov     lr, r7 \n"
        "ldmia   r3!, {r4-r6} \n"
        "push    {r4-r6} \n"
        "movs    r4, #0 \n"
        "mov     r10, r4 \n"
        "1: \n"
        "ldmia   r0!, {r2} \n"
        "mov     r3, r8 \n"
        "subs    r3, r3, r2 \n"
        "cmp     r3, r9 \n"
        "bhs     3f \n"
        "ldr     r4, [sp] \n"
        "lsls    r3, r3, r4 \n"
        "uxth    r4, r3 \n" /* the high word of the product, from halves */
        "lsrs    r3, r3, #16 \n"
        "mov     r5, r12 \n"
        "mov     r6, r5 \n"
        "muls    r6, r4, r6 \n"
        "lsrs    r6, r6, #16 \n"
        "muls    r5, r3, r5 \n"
        "adds    r5, r5, r6 \n"
        "mov     r6, lr \n"
        "muls    r4, r6, r4 \n"
        "uxth    r7, r5 \n"
        "adds    r4, r4, r7 \n"
        "muls    r3, r6, r3 \n"
        "lsrs    r5, r5, #16 \n"
        "adds    r3, r3, r5 \n"
        "lsrs    r4, r4, #16 \n"
        "adds    r3, r3, r4 \n" /* the exponent */
        "lsls    r4, r3, #16 \n"
        "lsrs    r4, r4, #26 \n"
        "lsls    r4, r4, #2 \n"
        "ldr     r5, [sp, #4] \n"
        "ldr     r4, [r5, r4] \n" /* its line */
        "lsls    r5, r3, #22 \n"
        "lsrs    r5, r5, #22 \n"
        "uxth    r6, r4 \n"
        "muls    r5, r6, r5 \n"
        "lsrs    r4, r4, #16 \n"
        "movs    r6, #0 \n"
        "lsrs    r5, r5, #10 \n" /* half a step is in the carry */
        "adcs    r5, r5, r6 \n"
        "subs    r4, r4, r5 \n"
        "lsrs    r3, r3, #16 \n"
        "ldr     r5, [sp, #8] \n"
        "adds    r3, r3, r5 \n"
        "lsrs    r4, r4, r3 \n"
        "adds    r4, r4, #1 \n"
        "lsrs    r4, r4, #1 \n"
        "add     r10, r4 \n"
        "2: \n"
        "strh    r4, [r1] \n"
        "adds    r1, r1, #2 \n"
        "cmp     r0, r11 \n"
        "bne     1b \n"
        "mov     r0, r10 \n"
        "pop     {r4-r6} \n"
        "pop     {r4-r7} \n"
        "mov     r8, r4 \n"
        "mov     r9, r5 \n"
        "mov     r10, r6 \n"
        "mov     r11, r7 \n"
        "pop     {r4-r7, pc} \n"
        "3: \n"
        "movs    r4, #0 \n"
        "b       2b \n");
}
/* clang-format on */

static inline uint32_t bw_attention_weigh(const bw_attention_weighing *p, const int32_t *scores, int32_t count,
                                          int16_t *weights) {
    const int32_t largest = bw_attention_largest(scores, count);
    /* INT32_MIN is mostly as far below as what weighs nothing. */
    if ((uint32_t)largest - (uint32_t)INT32_MIN >= (uint32_t)p->limit) {
        const bw_attention_row_constants of = {
            largest,    (uint32_t)p->limit, p->multiplier & 0xFFFFU, p->multiplier >> 16, p->left, bw_attention_lines,
            p->drop - 1};
        return bw_attention_weigh_row(scores, weights, scores + count, &of);
    }
    return bw_attention_weigh_below(p, scores, count, largest, 1, weights);
}

#else

static inline uint32_t bw_attention_weigh(const bw_attention_weighing *p, const int32_t *scores, int32_t count,
                                          int16_t *weights) {
    return bw_attention_weigh_below(p, scores, count, bw_attention_largest(scores, count), 1, weights);
}

#endif

#endif /* BW_ATTENTION_WEIGH_H */
