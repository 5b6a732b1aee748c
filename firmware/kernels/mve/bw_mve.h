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

/* Copy the windows of `count` pixels, all at least one, to contiguous memory: rows of `size` bytes that lie `pitch`
 * apart, windows that lie `step` apart. */
static inline void bw_copy_windows_mve(int8_t *to, const int8_t *from, int32_t size, int32_t rows, int32_t pitch,
                                       int32_t count, int32_t step) {
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("1:                     \n"
                     "mov       r0, %1       \n"
                     "mov       r1, %6       \n"
                     "2:                     \n"
                     "mov       r2, r0       \n"
                     "mov       r3, %0       \n"
                     "dlstp.8   lr, %5       \n"
                     "3:                     \n"
                     "vldrb.u8  q0, [r2], #16 \n"
                     "vstrb.u8  q0, [r3], #16 \n"
                     "letp      lr, 3b       \n"
                     "add       r0, %3       \n"
                     "add       %0, %5       \n"
                     "subs      r1, #1       \n"
                     "bne       2b           \n"
                     "add       %1, %4       \n"
                     "subs      %2, #1       \n"
                     "bne       1b           \n"
                     : "+r"(to), "+r"(from), "+l"(count)
                     : "r"(pitch), "r"(step), "r"(size), "r"(rows)
                     : "r0", "r1", "r2", "r3", "lr", "q0", "cc", "memory");
#else
    for (; count > 0; --count, from += step) {
        for (int32_t row = 0; row < rows; ++row, to += size) {
            memmove(to, from + row * pitch, (size_t)size);
        }
    }
#endif
}

/* Copy `rows` (at least one) rows of `size` bytes, their starts `to_pitch` and `from_pitch` bytes apart. */
static inline void bw_copy_rows_mve(int8_t *to, int32_t to_pitch, const int8_t *from, int32_t from_pitch, int32_t size,
                                    int32_t rows) {
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("1:                     \n"
                     "mov       r0, %0       \n"
                     "mov       r1, %1       \n"
                     "dlstp.8   lr, %5       \n"
                     "2:                     \n"
                     "vldrb.u8  q0, [r1], #16 \n"
                     "vstrb.u8  q0, [r0], #16 \n"
                     "letp      lr, 2b       \n"
                     "add       %0, %3       \n"
                     "add       %1, %4       \n"
                     "subs      %2, #1       \n"
                     "bne       1b           \n"
                     : "+r"(to), "+r"(from), "+l"(rows)
                     : "r"(to_pitch), "r"(from_pitch), "r"(size)
                     : "r0", "r1", "lr", "q0", "cc", "memory");
#else
    for (int32_t row = 0; row < rows; ++row) {
        memmove(to + row * to_pitch, from + row * from_pitch, (size_t)size);
    }
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
