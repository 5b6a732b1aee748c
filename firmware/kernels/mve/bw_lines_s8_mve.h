/* The inner loops of bw_depthwise_conv_s8_mve.h. */
#ifndef BW_LINES_S8_MVE_H
#define BW_LINES_S8_MVE_H

#include <stdint.h>

/* Which of a channel's taps each of the sixteen bytes of a window has, and 0xFF where it has one. */
typedef struct {
    uint8_t place[16];
    uint8_t used[16];
} bw_window_map_mve;

/* How sums become outputs: one channel's constants. */
typedef struct {
    int32_t bias, multiplier, shift; /* shift: -31..-1 */
    int32_t zero_point, low, high, signed_ties;
} bw_requantize_mve;

/* turned[16 * f]: the weights as sixteen bytes, each word rotated by f bytes. */
static inline void bw_turn_weights_mve(const bw_window_map_mve *map, const int8_t *weights, int8_t *turned) {
#ifdef __ARM_FEATURE_MVE
#define NEXT(from, to, at)                                                                                             \
    "vshl.i32  " to ", " from ", #8     \n"                                                                            \
    "vsri.32   " to ", " from ", #24    \n"                                                                            \
    "vstrw.32  " to ", [%0, #" at "]    \n"
    __asm__ volatile("vldrb.u8  q1, [%2]     \n"
                     "vldrb.u8  q0, [%1, q1] \n"
                     "vldrb.u8  q1, [%3]     \n"
                     "vand      q0, q0, q1   \n"
                     "vstrw.32  q0, [%0]     \n" NEXT("q0", "q1", "16") NEXT("q1", "q0", "32") NEXT("q0", "q1", "48")
                     :
                     : "r"(turned), "r"(weights), "r"(map->place), "r"(map->used)
                     : "q0", "q1", "memory");
#undef NEXT
#else
    for (int32_t f = 0; f < 4; ++f) {
        for (int32_t i = 0; i < 16; ++i) {
            const int32_t to = (i & ~3) | ((i + f) & 3);
            turned[16 * f + to] = map->used[i] ? weights[map->place[i]] : 0;
        }
    }
#endif
}

/* One byte of each of `count` words: to[4 * i] = from[step * i]. */
static inline void bw_insert_line_mve(int8_t *to, const int8_t *from, int32_t step, int32_t count) {
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("movs      r0, #0       \n"
                     "vidup.u16 q0, r0, #4   \n"
                     "movs      r0, #0       \n"
                     "vidup.u16 q1, r0, #1   \n"
                     "vmul.i16  q1, q1, %2   \n"
                     "lsl       r0, %2, #3   \n"
                     "dlstp.16  lr, %3       \n"
                     "1:                     \n"
                     "vldrb.u16 q2, [%1, q1] \n"
                     "vstrb.16  q2, [%0, q0] \n"
                     "add       %1, r0       \n"
                     "adds      %0, #32      \n"
                     "letp      lr, 1b       \n"
                     : "+r"(to), "+r"(from)
                     : "r"(step), "r"(count)
                     : "r0", "lr", "q0", "q1", "q2", "cc", "memory");
#else
    for (int32_t i = 0; i < count; ++i) {
        to[4 * i] = from[step * i];
    }
#endif
}

/* The sums of two lines that share their windows: first[i] and second[i] from the words i to i + 3. */
static inline void bw_two_lines_mve(const int8_t *words, const int8_t *weights, const int8_t *weights_2, int32_t *first,
                                    int32_t *second, int32_t count) {
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("vldrw.u32 q2, [%3]     \n"
                     "vldrw.u32 q3, [%4]     \n"
                     "lsr       r0, %5, #1   \n"
                     "wls       lr, r0, 2f   \n"
                     "1:                     \n"
                     "vldrw.u32 q0, [%0], #4 \n"
                     "vldrw.u32 q1, [%0], #4 \n"
                     "vmladav.s8 r0, q0, q2  \n"
                     "vmladav.s8 r2, q1, q2  \n"
                     "vmladav.s8 r4, q0, q3  \n"
                     "vmladav.s8 r6, q1, q3  \n"
                     "strd      r0, r2, [%1], #8 \n"
                     "strd      r4, r6, [%2], #8 \n"
                     "le        lr, 1b       \n"
                     "2:                     \n"
                     "lsls      r0, %5, #31  \n"
                     "beq       3f           \n"
                     "vldrw.u32 q0, [%0]     \n"
                     "vmladav.s8 r0, q0, q2  \n"
                     "vmladav.s8 r4, q0, q3  \n"
                     "str       r0, [%1]     \n"
                     "str       r4, [%2]     \n"
                     "3:                     \n"
                     : "+r"(words), "+r"(first), "+r"(second)
                     : "r"(weights), "r"(weights_2), "r"(count)
                     : "r0", "r2", "r4", "r6", "lr", "q0", "q1", "q2", "q3", "cc", "memory");
#else
    for (int32_t i = 0; i < count; ++i) {
        int32_t one = 0, other = 0;
        for (int32_t k = 0; k < 16; ++k) {
            one += words[4 * i + k] * weights[k];
            other += words[4 * i + k] * weights_2[k];
        }
        first[i] = one;
        second[i] = other;
    }
#endif
}

/* The sums of one line, `stride` words apart. */
static inline void bw_one_line_mve(const int8_t *words, int32_t stride, const int8_t *weights, int32_t *sums,
                                   int32_t count) {
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("vldrw.u32 q1, [%2]     \n"
                     "dls       lr, %4       \n"
                     "1:                     \n"
                     "vldrw.u32 q0, [%0]     \n"
                     "add       %0, %0, %3, lsl #2 \n"
                     "vmladav.s8 r0, q0, q1  \n"
                     "str       r0, [%1], #4 \n"
                     "le        lr, 1b       \n"
                     : "+r"(words), "+r"(sums)
                     : "r"(weights), "r"(stride), "r"(count)
                     : "r0", "lr", "q0", "q1", "memory");
#else
    for (int32_t i = 0; i < count; ++i) {
        sums[i] = 0;
        for (int32_t k = 0; k < 16; ++k) {
            sums[i] += words[4 * stride * i + k] * weights[k];
        }
    }
#endif
}

/* Requantize sums to bytes that lie `step` apart. */
#ifdef __ARM_FEATURE_MVE
#define BW_REQUANTIZE_LINE_MVE(ties)                                                                                   \
    __asm__ volatile("ldrd      r0, r8, [%4, #16] \n"                                                                  \
                     "ldrd      r1, r3, [%4] \n"                                                                       \
                     "ldrd      r5, r6, [%4, #8] \n"                                                                   \
                     "vdup.32   q1, r0       \n"                                                                       \
                     "vdup.32   q2, r8       \n"                                                                       \
                     "movs      r0, #0       \n"                                                                       \
                     "vidup.u32 q3, r0, #1   \n"                                                                       \
                     "vmul.i32  q3, q3, %2   \n"                                                                       \
                     "lsl       r0, %2, #2   \n"                                                                       \
                     "dlstp.32  lr, %3       \n"                                                                       \
                     "1:                     \n"                                                                       \
                     "vldrw.u32 q0, [%0], #16 \n"                                                                      \
                     "vadd.i32  q0, q0, r1   \n"                                                                       \
                     "vqrdmulh.s32 q0, q0, r3 \n" ties "vrshl.s32 q0, r5        \n"                                    \
                     "vadd.i32  q0, q0, r6   \n"                                                                       \
                     "vmax.s32  q0, q0, q1   \n"                                                                       \
                     "vmin.s32  q0, q0, q2   \n"                                                                       \
                     "vstrb.32  q0, [%1, q3] \n"                                                                       \
                     "add       %1, r0       \n"                                                                       \
                     "letp      lr, 1b       \n"                                                                       \
                     : "+r"(sums), "+r"(output)                                                                        \
                     : "r"(step), "r"(count), "r"(r)                                                                   \
                     : "r0", "r1", "r3", "r5", "r6", "r8", "lr", "q0", "q1", "q2", "q3", "q4", "cc", "memory")
#endif
static inline void bw_requantize_line_mve(const bw_requantize_mve *r, const int32_t *sums, int8_t *output, int32_t step,
                                          int32_t count) {
#ifdef __ARM_FEATURE_MVE
    if (r->signed_ties) {
        BW_REQUANTIZE_LINE_MVE("vshr.s32 q4, q0, #31\n vadd.i32 q0, q0, q4\n");
    } else {
        BW_REQUANTIZE_LINE_MVE("");
    }
#else
    for (int32_t i = 0; i < count; ++i) {
        int64_t value = ((int64_t)(sums[i] + r->bias) * r->multiplier + (INT64_C(1) << 30)) >> 31;
        value -= r->signed_ties && value < 0;
        value = ((value + (INT64_C(1) << (-r->shift - 1))) >> -r->shift) + r->zero_point;
        output[step * i] = (int8_t)(value < r->low ? r->low : value > r->high ? r->high : value);
    }
#endif
}

#endif /* BW_LINES_S8_MVE_H */
