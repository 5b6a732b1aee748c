/* Copies of runs of bytes: memmove, or Helium's 3 instructions per 16 bytes, where a library for size takes bytes. */
#ifndef BW_BYTES_H
#define BW_BYTES_H

#include <stdint.h>
#include <string.h>

/* The runs may overlap. */
static inline void bw_move_bytes(void *to, const void *from, int32_t bytes) {
#ifdef __ARM_FEATURE_MVE
    /* Forwards, each byte of the source is read before it is overwritten, unless the output begins within it. */
    if ((uintptr_t)to - (uintptr_t)from >= (uintptr_t)bytes) {
        __asm__ volatile("wlstp.8  lr, %2, 2f    \n"
                         "1:                     \n"
                         "vldrb.u8 q0, [%1], #16 \n"
                         "vstrb.u8 q0, [%0], #16 \n"
                         "letp     lr, 1b        \n"
                         "2:                     \n"
                         : "+r"(to), "+r"(from)
                         : "r"(bytes)
                         : "lr", "q0", "memory");
        return;
    }
#endif
    memmove(to, from, (size_t)bytes);
}

#endif /* BW_BYTES_H */
