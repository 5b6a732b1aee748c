/* Rows of int8 weights times a vector, by the sums of bw_fused_f16.h. Cost on Helium: for four rows 14 instructions per
 * eight elements and some 45 per block; for one, 5 and 15. */
#ifndef BW_DOT_F16_H
#define BW_DOT_F16_H

#include "bw_fused_f16.h"

#ifdef BW_HELIUM_F16

#define BW_ROW_F16(w, sum)                                                                                             \
    "vldrb.s16    q5, [" w "], #8 \n"                                                                                  \
    "vcvt.f16.s16 q5, q5, #7      \n"                                                                                  \
    "vfma.f16     " sum ", q4, q5 \n"

/* Adds a block of the products of four rows. */
static inline void bw_dot4_block_f16(const int8_t *w0, const int8_t *w1, const int8_t *w2, const int8_t *w3,
                                     const uint16_t *x, int32_t count, float sums[4]) {
    float s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
    __asm__ volatile(
        "vmov.i32   q0, #0         \n"
        "vmov.i32   q1, #0         \n"
        "vmov.i32   q2, #0         \n"
        "vmov.i32   q3, #0         \n"
        "wlstp.16   lr, %[count], 2f \n"
        "1:                        \n"
        "vldrh.u16  q4, [%[x]], #16 \n" BW_ROW_F16("%[w0]", "q0") BW_ROW_F16("%[w1]", "q1") BW_ROW_F16("%[w2]", "q2")
            BW_ROW_F16("%[w3]", "q3") "letp       lr, 1b         \n"
                                      "2:                        \n" BW_ADD_LANES_F16(0, s0, s1, s2, s3, "%[s0]")
                                          BW_ADD_LANES_F16(1, s4, s5, s6, s7, "%[s1]")
                                              BW_ADD_LANES_F16(2, s8, s9, s10, s11, "%[s2]")
                                                  BW_ADD_LANES_F16(3, s12, s13, s14, s15, "%[s3]")
        : [w0] "+l"(w0), [w1] "+l"(w1), [w2] "+l"(w2), [w3] "+l"(w3), [x] "+r"(x), [s0] "+t"(s0), [s1] "+t"(s1),
          [s2] "+t"(s2), [s3] "+t"(s3)
        : [count] "r"(count)
        : "lr", "q0", "q1", "q2", "q3", "q4", "q5", "q7", "memory");
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
}

/* Adds a block of the products of one row. */
static inline float bw_dot_block_f16(const int8_t *w, const uint16_t *x, int32_t count, float sum) {
    __asm__ volatile("vmov.i32   q0, #0         \n"
                     "wlstp.16   lr, %[count], 2f \n"
                     "1:                        \n"
                     "vldrh.u16  q4, [%[x]], #16 \n" BW_ROW_F16(
                         "%[w]", "q0") "letp       lr, 1b         \n"
                                       "2:                        \n" BW_ADD_LANES_F16(0, s0, s1, s2, s3, "%[sum]")
                     : [w] "+l"(w), [x] "+r"(x), [sum] "+t"(sum)
                     : [count] "r"(count)
                     : "lr", "q0", "q4", "q5", "q7", "memory");
    return sum;
}

#undef BW_ROW_F16

#else

static inline float bw_dot_block_f16(const int8_t *w, const uint16_t *x, int32_t count, float sum) {
    float lanes[BW_LANES_F16] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
    for (int32_t i = 0; i < count; ++i) {
        float *const lane = lanes + i % BW_LANES_F16;
        *lane = bw_fused_f16(bw_of_half(x[i]), bw_weight_f16(w[i]), *lane);
    }
    return sum + bw_widened_f16(lanes);
}

static inline void bw_dot4_block_f16(const int8_t *w0, const int8_t *w1, const int8_t *w2, const int8_t *w3,
                                     const uint16_t *x, int32_t count, float sums[4]) {
    sums[0] = bw_dot_block_f16(w0, x, count, sums[0]);
    sums[1] = bw_dot_block_f16(w1, x, count, sums[1]);
    sums[2] = bw_dot_block_f16(w2, x, count, sums[2]);
    sums[3] = bw_dot_block_f16(w3, x, count, sums[3]);
}

#endif

/* Sums of four rows of weights, which follow each other. */
static inline void bw_dot4_f16(const int8_t *weights, const uint16_t *x, int32_t depth, float sums[4]) {
    float found[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    int32_t left = depth;
    do { /* what one block takes is the usual case */
        const int32_t count = left < BW_BLOCK_F16 ? left : BW_BLOCK_F16;
        bw_dot4_block_f16(weights, weights + depth, weights + 2 * depth, weights + 3 * depth, x, count, found);
        weights += count;
        x += count;
        left -= count;
    } while (left > 0);
    sums[0] = found[0];
    sums[1] = found[1];
    sums[2] = found[2];
    sums[3] = found[3];
}

static inline float bw_dot_f16(const int8_t *weights, const uint16_t *x, int32_t depth) {
    float sum = 0.0f;
    for (int32_t at = 0; at < depth; at += BW_BLOCK_F16) {
        sum = bw_dot_block_f16(weights + at, x + at, bw_block_f16(at, depth), sum);
    }
    return sum;
}

#endif /* BW_DOT_F16_H */
