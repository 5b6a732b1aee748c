/* Weights of attention from a row of scores (bw_attention.h) on Helium, four at a time: the sum of them.
 *
 * Cost: two passes; 31 instructions per four scores.
 */
#ifndef BW_ATTENTION_WEIGH_H
#define BW_ATTENTION_WEIGH_H

#include "bw_attention_weight.h"

#ifdef __ARM_FEATURE_MVE

static inline uint32_t bw_attention_weigh(const bw_attention_weighing *p, const int32_t *scores, int32_t count,
                                          int16_t *weights) {
    int32_t largest = INT32_MIN;
    const int32_t *from = scores;
    __asm__ volatile("dlstp.32     lr, %2         \n"
                     "1:                          \n"
                     "vldrw.32     q0, [%1], #16  \n"
                     "vmaxv.s32    %0, q0         \n"
                     "letp         lr, 1b         \n"
                     : "+r"(largest), "+r"(from)
                     : "r"(count)
                     : "lr", "q0", "memory");
    uint32_t total = 0;
    __asm__ volatile(
        "vdup.32      q5, %[sixty]    \n"
        "vdup.32      q6, %[by]       \n"
        "vdup.32      q7, %[top]      \n"
        "dlstp.32     lr, %[count]    \n"
        "1:                           \n"
        "vldrw.32     q0, [%[from]], #16 \n"
        "vsub.i32     q1, q7, q0      \n"
        "vpt.i32      eq, q0, %[none] \n"
        "vmvnt.i32    q1, #0          \n" /* what is hidden is far below */
        "vmov         q2, q1          \n"
        "vshl.u32     q2, %[left]     \n"
        "vmulh.u32    q2, q2, q6      \n" /* the exponent */
        "vshr.u32     q3, q2, #10     \n"
        "vand         q3, q3, q5      \n"
        "vldrw.u32    q4, [%[lines], q3, uxtw #2] \n"
        "vmovlb.u16   q3, q4          \n"
        "vshl.i32     q0, q2, #22     \n"
        "vshr.u32     q0, q0, #22     \n"
        "vmul.i32     q3, q3, q0      \n"
        "vrshr.u32    q3, q3, #10     \n"
        "vshr.u32     q4, q4, #16     \n"
        "vsub.i32     q4, q4, q3      \n"
        "vshr.u32     q2, q2, #16     \n"
        "vadd.i32     q2, q2, %[drop] \n"
        "vneg.s32     q2, q2          \n"
        "vrshl.u32    q4, q4, q2      \n"
        "vpt.u32      cs, q1, %[limit] \n"
        "vmovt.i32    q4, #0          \n"
        "vaddva.u32   %[total], q4    \n"
        "vstrh.32     q4, [%[to]], #8 \n"
        "letp         lr, 1b          \n"
        : [total] "+Te"(total), [from] "+r"(scores), [to] "+r"(weights)
        : [count] "r"(count), [sixty] "r"(63), [by] "r"(p->multiplier), [top] "r"(largest), [none] "r"(INT32_MIN),
          [left] "r"(p->left), [lines] "r"(bw_attention_lines), [drop] "r"(p->drop), [limit] "r"(p->limit)
        : "lr", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "memory");
    return total;
}

#else

static inline uint32_t bw_attention_weigh(const bw_attention_weighing *p, const int32_t *scores, int32_t count,
                                          int16_t *weights) {
    int32_t largest = INT32_MIN;
    for (int32_t i = 0; i < count; ++i) {
        largest = scores[i] > largest ? scores[i] : largest;
    }
    uint32_t total = 0;
    for (int32_t i = 0; i < count; ++i) {
        const uint32_t below = scores[i] == INT32_MIN ? UINT32_MAX : (uint32_t)largest - (uint32_t)scores[i];
        const int seen = below < (uint32_t)p->limit;
        const uint32_t value = seen ? bw_attention_weight(below, p->left, p->multiplier, p->drop) : 0U;
        weights[i] = (int16_t)value;
        total += value;
    }
    return total;
}

#endif

#endif /* BW_ATTENTION_WEIGH_H */
