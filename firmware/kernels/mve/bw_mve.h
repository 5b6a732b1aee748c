/* The Helium instructions that the kernels use, with a portable definition of each for the host. */
#ifndef BW_MVE_H
#define BW_MVE_H

#include <stdint.h>
#include <string.h>

/* Copy `size` bytes, sixteen at a time: 4 instructions each, and nothing is read or written beyond. */
static inline void bw_copy_mve(int8_t *to, const int8_t *from, int32_t size) {
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("wlstp.8  lr, %2, 2f   \n"
                     "1:                    \n"
                     "vldrb.u8 q0, [%1], #16 \n"
                     "vstrb.u8 q0, [%0], #16 \n"
                     "letp     lr, 1b       \n"
                     "2:                    \n"
                     : "+r"(to), "+r"(from)
                     : "r"(size)
                     : "lr", "q0", "memory");
#else
    memmove(to, from, (size_t)size);
#endif
}

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

#endif /* BW_MVE_H */
