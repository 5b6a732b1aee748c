#include "bw_copy_s8_mve.h"

#ifdef __ARM_FEATURE_MVE

__attribute__((naked, noinline)) void bw_copy_s8_mve(__attribute__((unused)) const bw_copy_s8_mve_job *job) {
    __asm__ volatile("push      {r3-r9, lr}     \n"
                     "ldrd      r1, r2, [r0]    \n" /* to, from */
                     "ldrd      r3, r12, [r0, #8] \n"
                     "ldrd      r4, r5, [r0, #16] \n"
                     "ldrd      r6, r7, [r0, #24] \n"
                     "ldr       r0, [r0, #32]   \n"
                     "add       r8, r3, #15     \n" /* a row moves both pointers by whole vectors */
                     "bic       r8, r8, #15     \n"
                     "sub       r4, r4, r8      \n"
                     "sub       r5, r5, r8      \n"
                     "1:                        \n"
                     "mov       r8, r2          \n"
                     "mov       r9, r12         \n"
                     "2:                        \n"
                     "dlstp.8   lr, r3          \n"
                     "3:                        \n"
                     "vldrb.u8  q0, [r8], #16   \n"
                     "vstrb.u8  q0, [r1], #16   \n"
                     "letp      lr, 3b          \n"
                     "add       r8, r5          \n"
                     "add       r1, r4          \n"
                     "subs      r9, #1          \n"
                     "bne       2b              \n"
                     "add       r2, r7          \n"
                     "add       r1, r0          \n"
                     "subs      r6, #1          \n"
                     "bne       1b              \n"
                     "pop       {r3-r9, pc}     \n");
}

#else

#include <string.h>

void bw_copy_s8_mve(const bw_copy_s8_mve_job *job) {
    int8_t *to = job->to;
    for (int32_t i = 0; i < job->count; ++i) {
        for (int32_t row = 0; row < job->rows; ++row) {
            memmove(to, job->from + i * job->step + row * job->from_pitch, (size_t)job->size);
            to += job->to_pitch;
        }
        to += job->gap;
    }
}

#endif
