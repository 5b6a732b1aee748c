/* bw_slide_s16 on Helium: 5 instructions for eight values. */
#ifndef BW_SLIDE_S16_H
#define BW_SLIDE_S16_H

#include <stdint.h>

static inline int32_t bw_slide_s16(const int16_t *weights, int16_t *state, int32_t count, int32_t newest) {
    uint32_t sum = (uint32_t)(weights[count - 1] * newest);
    int32_t before = count - 1;
#ifdef __ARM_FEATURE_MVE
    int16_t *to = state;
    __asm__ volatile("wlstp.16     lr, %3, 2f       \n"
                     "1:                            \n"
                     "vldrh.u16    q0, [%1, #2]     \n"
                     "vldrh.u16    q1, [%2], #16    \n"
                     "vstrh.16     q0, [%1], #16    \n"
                     "vmladava.s16 %0, q0, q1       \n"
                     "letp         lr, 1b           \n"
                     "2:                            \n"
                     : "+Te"(sum), "+r"(to), "+r"(weights)
                     : "r"(before)
                     : "lr", "q0", "q1", "memory");
#else
    for (int32_t i = 0; i < before; ++i) {
        const int16_t moved = state[i + 1];
        state[i] = moved;
        sum += (uint32_t)(weights[i] * moved);
    }
#endif
    state[count - 1] = (int16_t)newest;
    return (int32_t)sum;
}

#endif /* BW_SLIDE_S16_H */
