/* Products of one vector with others in float16, by the sums of bw_fused_f16.h. Cost on Helium: for four vectors 10
 * instructions per eight elements and some 45 per block; for one, 4 and 15. */
#ifndef BW_INNER_F16_H
#define BW_INNER_F16_H

#include "bw_fused_f16.h"

#ifdef BW_HELIUM_F16

#define BW_VECTOR_F16(y, sum)                                                                                          \
    "vldrh.u16    q5, [" y "], #16 \n"                                                                                 \
    "vfma.f16     " sum ", q4, q5  \n"

/* Adds a block of the products with four vectors, y[0], y[stride], ... */
static inline void bw_inner4_block_f16(const uint16_t *x, const uint16_t *y, int32_t stride, int32_t count,
                                       float sums[4]) {
    const uint16_t *y1 = y + stride, *y2 = y1 + stride, *y3 = y2 + stride;
    float s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
    __asm__ volatile("vmov.i32   q0, #0         \n"
                     "vmov.i32   q1, #0         \n"
                     "vmov.i32   q2, #0         \n"
                     "vmov.i32   q3, #0         \n"
                     "wlstp.16   lr, %[count], 2f \n"
                     "1:                        \n"
                     "vldrh.u16  q4, [%[x]], #16 \n" BW_VECTOR_F16("%[y]", "q0") BW_VECTOR_F16("%[y1]", "q1")
                         BW_VECTOR_F16("%[y2]", "q2") BW_VECTOR_F16(
                             "%[y3]", "q3") "letp       lr, 1b         \n"
                                            "2:                        \n" BW_ADD_LANES_F16(0, s0, s1, s2, s3, "%[s0]")
                                                BW_ADD_LANES_F16(1, s4, s5, s6, s7, "%[s1]")
                                                    BW_ADD_LANES_F16(2, s8, s9, s10, s11, "%[s2]")
                                                        BW_ADD_LANES_F16(3, s12, s13, s14, s15, "%[s3]")
                     : [x] "+r"(x), [y] "+r"(y), [y1] "+r"(y1), [y2] "+r"(y2), [y3] "+r"(y3), [s0] "+t"(s0),
                       [s1] "+t"(s1), [s2] "+t"(s2), [s3] "+t"(s3)
                     : [count] "r"(count)
                     : "lr", "q0", "q1", "q2", "q3", "q4", "q5", "q7", "memory");
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
}

static inline float bw_inner_block_f16(const uint16_t *x, const uint16_t *y, int32_t count, float sum) {
    __asm__ volatile("vmov.i32   q0, #0         \n"
                     "wlstp.16   lr, %[count], 2f \n"
                     "1:                        \n"
                     "vldrh.u16  q4, [%[x]], #16 \n" BW_VECTOR_F16(
                         "%[y]", "q0") "letp       lr, 1b         \n"
                                       "2:                        \n" BW_ADD_LANES_F16(0, s0, s1, s2, s3, "%[sum]")
                     : [x] "+r"(x), [y] "+r"(y), [sum] "+t"(sum)
                     : [count] "r"(count)
                     : "lr", "q0", "q4", "q5", "q7", "memory");
    return sum;
}

#undef BW_VECTOR_F16

#else

static inline float bw_inner_block_f16(const uint16_t *x, const uint16_t *y, int32_t count, float sum) {
    float lanes[BW_LANES_F16] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
    for (int32_t i = 0; i < count; ++i) {
        float *const lane = lanes + i % BW_LANES_F16;
        *lane = bw_fused_f16(bw_of_half(x[i]), bw_of_half(y[i]), *lane);
    }
    return sum + bw_widened_f16(lanes);
}

static inline void bw_inner4_block_f16(const uint16_t *x, const uint16_t *y, int32_t stride, int32_t count,
                                       float sums[4]) {
    for (int32_t i = 0; i < 4; ++i) {
        sums[i] = bw_inner_block_f16(x, y + i * stride, count, sums[i]);
    }
}

#endif

/* Products of x with `count` vectors that lie `stride` elements apart. */
static inline void bw_inner_f16(const uint16_t *x, const uint16_t *y, int32_t stride, int32_t count, int32_t depth,
                                float *sums) {
    int32_t i = 0;
    for (; i + 4 <= count; i += 4, y += 4 * stride) {
        sums[i] = sums[i + 1] = sums[i + 2] = sums[i + 3] = 0.0f;
        for (int32_t at = 0; at < depth; at += BW_BLOCK_F16) {
            bw_inner4_block_f16(x + at, y + at, stride, bw_block_f16(at, depth), sums + i);
        }
    }
    for (; i < count; ++i, y += stride) {
        float sum = 0.0f;
        for (int32_t at = 0; at < depth; at += BW_BLOCK_F16) {
            sum = bw_inner_block_f16(x + at, y + at, bw_block_f16(at, depth), sum);
        }
        sums[i] = sum;
    }
}

#endif /* BW_INNER_F16_H */
