/* Elements of normalized rows of int8 on Helium, four at a time. */
#include "bw_norm_run_s8.h"

#ifndef __ARM_FEATURE_MVE
#include "bw_fixedpoint.h"
#include "bw_high_rounded.h"
#endif

void bw_norm_run_s8(const bw_norm_run *p, bw_norm_line line, const int8_t *input, int8_t *output) {
#ifdef __ARM_FEATURE_MVE
    const int32_t *gain = p->gain, *bias = p->bias;
    const int8_t *from = input;
    int8_t *to = output;
    const bw_norm_line *place = &line; /* in the loop, its `plus` */
    __asm__ volatile("ldr          lr, [%[line]]       \n"
                     "vdup.32      q2, lr              \n"
                     "ldr          lr, [%[line], #8]   \n"
                     "vdup.32      q3, lr              \n"
                     "ldr          %[line], [%[line], #4] \n"
                     "dlstp.32     lr, %[depth]        \n"
                     "1:                               \n"
                     "vldrb.s32    q0, [%[from]], #4   \n"
                     "vldrw.32     q1, [%[gain]], #16  \n"
                     "vmlas.s32    q0, q2, %[line]     \n"
                     "vrmulh.s32   q0, q0, q3          \n"
                     "vshl.s32     q0, %[up]           \n"
                     "vrmulh.s32   q0, q0, q1          \n"
                     "vldrw.32     q1, [%[bias]], #16  \n"
                     "vadd.i32     q0, q0, q1          \n"
                     "vshl.s32     q0, %[down]         \n"
                     "vqmovnb.s32  q0, q0              \n"
                     "vqmovnb.s16  q0, q0              \n"
                     "vstrb.32     q0, [%[to]], #4     \n"
                     "letp         lr, 1b              \n"
                     : [from] "+l"(from), [to] "+l"(to), [gain] "+r"(gain), [bias] "+r"(bias), [line] "+r"(place)
                     : [depth] "r"(p->depth), [up] "r"(p->up), [down] "r"(-p->fraction)
                     : "lr", "q0", "q1", "q2", "q3", "memory");
#else
    for (int32_t i = 0; i < p->depth; ++i) {
        const int32_t d = (int32_t)((uint32_t)input[i] * (uint32_t)line.by + (uint32_t)line.plus);
        const int32_t normal = bw_shl32(bw_high_rounded(d, line.root), p->up);
        const int32_t value = (bw_high_rounded(normal, p->gain[i]) + p->bias[i]) >> p->fraction;
        output[i] = (int8_t)bw_clamp(value, INT8_MIN, INT8_MAX);
    }
#endif
}
