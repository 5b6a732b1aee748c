/* Logistic function and hyperbolic tangent, four values at a time: 21 and 23 instructions. */
#include "bw_sigmoid_s16.h"

#include "bw_sigmoid_form.h"

#ifdef __ARM_FEATURE_MVE

/* clang-format off */

/* q0: the sign, 0 or -1; q1: the magnitude, then the line of the table; q2, q3: its beginning and end; q4: the
 * way along it; the flags: beyond the table. */
#define RUN(bits, down, rest) \
    __asm__ volatile( \
        "ldr       lr, [%[last]] \n" \
        "vdup.32   q5, lr \n" \
        "ldr       lr, [%[last], #8] \n" \
        "vdup.32   q7, lr \n" \
        "ldr       %[last], [%[last], #4] \n" \
        "vdup.32   q6, %[last] \n" \
        "wlstp.32  lr, %[count], 2f \n" \
        "1: \n" \
        "vldrh.s32 q1, [%[from]], #8 \n" \
        "vmul.i32  q1, q1, %[by] \n" \
        "vrshl.s32 q1, %[shift] \n" \
        "vshr.s32  q0, q1, #31 \n" \
        "vabs.s32  q1, q1 \n" \
        "vcmp.u32  hi, q1, %[last] \n" \
        "vmin.u32  q1, q1, q6 \n" \
        "vand      q4, q1, q7 \n" \
        "vshr.u32  q1, q1, #" bits " \n" \
        "vldrh.u32 q3, [%[next], q1, uxtw #1] \n" \
        "vldrh.u32 q2, [%[table], q1, uxtw #1] \n" \
        "vsub.i32  q3, q3, q2 \n" \
        "vmul.i32  q3, q3, q4 \n" \
        "vshl.i32  q2, q2, #" bits " \n" \
        "vadd.i32  q2, q2, q3 \n" \
        "vpsel     q2, q5, q2 \n" \
        "vsub.i32  q2, q2, %[middle] \n" \
        "veor      q2, q2, q0 \n" \
        "vrshr.s32 q2, q2, #" down " \n" /* half of 2^down is in the offset */ \
        rest \
        "vstrh.32  q2, [%[to]], #8 \n" \
        "letp      lr, 1b \n" \
        "2: \n" \
        : [from] "+l"(input), [to] "+l"(output), [last] "+r"(constants) \
        : [count] "r"(p->size), [by] "r"(p->multiplier), [shift] "r"(-p->shift), [table] "r"(p->table), \
          [next] "r"(p->table + 1), [middle] "r"(form.middle) \
        : "lr", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "memory")

/* clang-format on */

void bw_sigmoid_s16(const bw_sigmoid_s16_params *p, const int16_t *input, int16_t *output) {
    const bw_sigmoid_form form = bw_sigmoid_form_of(p->is_tanh);
    const int32_t mask = (1 << form.bits) - 1, three[] = {form.most, (254 << form.bits) | mask, mask};
    const int32_t *constants = three; /* then the last magnitude within the table */
    if (p->is_tanh) {
        RUN("8", "8", "");
    } else {
        RUN("9", "10", "vmov.i32 q4, #0x4000 \n vadd.i32 q2, q2, q4 \n");
    }
}

#else

void bw_sigmoid_s16(const bw_sigmoid_s16_params *p, const int16_t *input, int16_t *output) {
    const bw_sigmoid_form form = bw_sigmoid_form_of(p->is_tanh);
    const int32_t mask = (1 << form.bits) - 1, last = (254 << form.bits) | mask;
    for (int32_t i = 0; i < p->size; ++i) {
        const int32_t half = p->shift > 0 ? 1 << (p->shift - 1) : 0;
        const int32_t x = (input[i] * p->multiplier + half) >> p->shift, magnitude = x < 0 ? -x : x;
        const int32_t within = magnitude < last ? magnitude : last;
        const uint16_t *const line = p->table + (within >> form.bits);
        const int32_t sloped = (line[0] << form.bits) + (within & mask) * (line[1] - line[0]);
        const int32_t level = (magnitude > last ? form.most : sloped) - form.middle;
        output[i] = (int16_t)(((x < 0 ? ~level : level) + form.offset) >> form.down);
    }
}

#endif
