/* The Helium instructions that the kernels use, with a portable definition of each for the host. */
#ifndef BW_MVE_H
#define BW_MVE_H

#include <stdint.h>
#include <string.h>

/* Fill `size` bytes. */
static inline void bw_fill_mve(int8_t *to, int32_t value, int32_t size) {
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("vdup.8   q0, %1       \n"
                     "wlstp.8  lr, %2, 2f   \n"
                     "1:                    \n"
                     "vstrb.u8 q0, [%0], #16 \n"
                     "letp     lr, 1b       \n"
                     "2:                    \n"
                     : "+r"(to)
                     : "r"(value), "r"(size)
                     : "lr", "q0", "memory");
#else
    memset(to, value, (size_t)size);
#endif
}

/* turned[16 * f], f up to 4: weights[place[i]] where used[i] is 0xFF, or 0, as sixteen bytes i, the bytes of each word
 * rotated by f. */
static inline void bw_turn_weights_mve(const uint8_t *place, const uint8_t *used, const int8_t *weights,
                                       int8_t *turned) {
#ifdef __ARM_FEATURE_MVE
#define NEXT(from, to, at)                                                                                             \
    "vshl.i32  " to ", " from ", #8     \n"                                                                            \
    "vsri.32   " to ", " from ", #24    \n"                                                                            \
    "vstrw.32  " to ", [%0, #" at "]    \n"
    __asm__ volatile("vldrb.u8  q1, [%2]     \n"
                     "vldrb.u8  q0, [%1, q1] \n"
                     "vldrb.u8  q1, [%3]     \n"
                     "vand      q0, q0, q1   \n"
                     "vstrw.32  q0, [%0]     \n"
                     "vstrw.32  q0, [%0, #64] \n" NEXT("q0", "q1", "16") NEXT("q1", "q0", "32") NEXT("q0", "q1", "48")
                     :
                     : "r"(turned), "r"(weights), "r"(place), "r"(used)
                     : "q0", "q1", "memory");
#undef NEXT
#else
    for (int32_t f = 0; f < 5; ++f) {
        for (int32_t i = 0; i < 16; ++i) {
            const int32_t to = (i & ~3) | ((i + f) & 3);
            turned[16 * f + to] = used[i] ? weights[place[i]] : 0;
        }
    }
#endif
}

#endif /* BW_MVE_H */
