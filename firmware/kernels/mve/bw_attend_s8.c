/* Inner loops of attention on Helium.
 *
 * Cost: 8 instructions per 32 products with keys (two keys at a time), 11 per 16 products with values.
 */
#include "bw_attend_s8.h"

#ifdef __ARM_FEATURE_MVE

/* Two keys at a time; the zero point times the sums of the keys is taken off. */
static void two_keys(const int8_t *query, int32_t zero_point, const int8_t *first, const int8_t *second, int32_t depth,
                     int32_t *scores) {
    int32_t s0 = 0, s1 = 0, t0 = 0, t1 = 0;
    __asm__ volatile("wlstp.8      lr, %7, 2f    \n"
                     "1:                         \n"
                     "vldrb.u8     q0, [%4], #16 \n"
                     "vldrb.u8     q1, [%5], #16 \n"
                     "vldrb.u8     q2, [%6], #16 \n"
                     "vmladava.s8  %0, q0, q1    \n"
                     "vmladava.s8  %1, q0, q2    \n"
                     "vaddva.s8    %2, q1        \n"
                     "vaddva.s8    %3, q2        \n"
                     "letp         lr, 1b        \n"
                     "2:                         \n"
                     : "+Te"(s0), "+Te"(s1), "+Te"(t0), "+Te"(t1), "+r"(query), "+r"(first), "+r"(second)
                     : "r"(depth)
                     : "lr", "q0", "q1", "q2", "memory");
    scores[0] = s0 - zero_point * t0;
    scores[1] = s1 - zero_point * t1;
}

void bw_attend_scores_s8(const int8_t *query, int32_t zero_point, const int8_t *keys, int32_t stride, int32_t count,
                         int32_t depth, int32_t *scores) {
    for (; count >= 2; count -= 2, keys += 2 * stride, scores += 2) {
        two_keys(query, zero_point, keys, keys + stride, depth, scores);
    }
    if (count > 0) {
        int32_t twice[2];
        two_keys(query, zero_point, keys, keys, depth, twice);
        *scores = twice[0];
    }
}

/* Up to sixteen elements of the values: four at a time, which the asm takes from the same weights. */
static void sixteen(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t *sums) {
    int32_t weight;
    __asm__ volatile("vmov.i32  q0, #0           \n"
                     "vmov.i32  q1, #0           \n"
                     "vmov.i32  q2, #0           \n"
                     "vmov.i32  q3, #0           \n"
                     "wls       lr, %4, 2f       \n"
                     "1:                         \n"
                     "ldrsh     %0, [%1], #2     \n"
                     "vldrb.s32 q4, [%2]         \n"
                     "vldrb.s32 q5, [%2, #4]     \n"
                     "vldrb.s32 q6, [%2, #8]     \n"
                     "vldrb.s32 q7, [%2, #12]    \n"
                     "vmla.s32  q0, q4, %0       \n"
                     "vmla.s32  q1, q5, %0       \n"
                     "vmla.s32  q2, q6, %0       \n"
                     "vmla.s32  q3, q7, %0       \n"
                     "add       %2, %2, %3       \n"
                     "le        lr, 1b           \n"
                     "2:                         \n"
                     "vstrw.32  q0, [%5]         \n"
                     "vstrw.32  q1, [%5, #16]    \n"
                     "vstrw.32  q2, [%5, #32]    \n"
                     "vstrw.32  q3, [%5, #48]    \n"
                     : "=&r"(weight), "+r"(weights), "+l"(values)
                     : "r"(stride), "r"(count), "r"(sums)
                     : "lr", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "memory");
}

/* Up to four elements. */
static void four(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t depth,
                 int32_t *sums) {
    int32_t weight;
    __asm__ volatile("vmov.i32  q0, #0           \n"
                     "vctp.32   %6               \n"
                     "wls       lr, %4, 2f       \n"
                     "1:                         \n"
                     "ldrsh     %0, [%1], #2     \n"
                     "vpst                       \n"
                     "vldrbt.s32 q4, [%2]        \n"
                     "vmla.s32  q0, q4, %0       \n"
                     "add       %2, %2, %3       \n"
                     "le        lr, 1b           \n"
                     "2:                         \n"
                     "vpst                       \n"
                     "vstrwt.32 q0, [%5]         \n"
                     : "=&r"(weight), "+r"(weights), "+l"(values)
                     : "r"(stride), "r"(count), "r"(sums), "r"(depth)
                     : "lr", "q0", "q4", "memory");
}

void bw_attend_values_s8(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t depth,
                         int32_t *sums) {
    for (; depth >= 16; depth -= 16, values += 16, sums += 16) {
        sixteen(weights, values, stride, count, sums);
    }
    for (; depth > 0; depth -= 4, values += 4, sums += 4) {
        four(weights, values, stride, count, depth, sums);
    }
}

#else

void bw_attend_scores_s8(const int8_t *query, int32_t zero_point, const int8_t *keys, int32_t stride, int32_t count,
                         int32_t depth, int32_t *scores) {
    for (int32_t j = 0; j < count; ++j, keys += stride) {
        int32_t sum = 0, total = 0;
        for (int32_t i = 0; i < depth; ++i) {
            sum += query[i] * keys[i];
            total += keys[i];
        }
        scores[j] = sum - zero_point * total;
    }
}

void bw_attend_values_s8(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t depth,
                         int32_t *sums) {
    for (int32_t i = 0; i < depth; ++i) {
        sums[i] = 0;
        for (int32_t j = 0; j < count; ++j) {
            sums[i] += weights[j] * values[j * stride + i];
        }
    }
}

#endif
