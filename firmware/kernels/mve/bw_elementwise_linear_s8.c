/* Four elements at a time: 9 instructions. */
#include "bw_elementwise_linear_s8.h"

#ifndef __ARM_FEATURE_MVE
#include "bw_fixedpoint.h"
#endif

void bw_elementwise_linear_s8(const bw_elementwise_linear_s8_params *p, const int8_t *input_1, const int8_t *input_2,
                              int8_t *output) {
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("vdup.32    q2, %3         \n"
                     "dlstp.32   lr, %7         \n"
                     "1:                        \n"
                     "vldrb.s32  q0, [%0], #4   \n"
                     "vldrb.s32  q1, [%1], #4   \n"
                     "vmlas.s32  q0, q2, %5     \n" /* q0 * multiplier_1 + offset */
                     "vmla.s32   q0, q1, %4     \n"
                     "vshl.s32   q0, %6         \n"
                     "vqmovnb.s32 q0, q0        \n"
                     "vqmovnb.s16 q0, q0        \n"
                     "vstrb.32   q0, [%2], #4   \n"
                     "letp       lr, 1b         \n"
                     : "+l"(input_1), "+l"(input_2), "+l"(output)
                     : "r"(p->multiplier_1), "r"(p->multiplier_2), "r"(p->offset), "r"(-p->right), "r"(p->size)
                     : "lr", "q0", "q1", "q2", "memory");
#else
    for (int32_t i = 0; i < p->size; ++i) {
        const int32_t sum = input_1[i] * p->multiplier_1 + input_2[i] * p->multiplier_2 + p->offset;
        output[i] = (int8_t)bw_clamp(sum >> p->right, -128, 127);
    }
#endif
}
