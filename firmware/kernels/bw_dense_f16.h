/* One row of a fully connected layer in float16, by the sums of bw_fused_f16.h. */
#ifndef BW_DENSE_F16_H
#define BW_DENSE_F16_H

#include "bw_dot_f16.h"
#include "bw_finish_f16.h"

static inline void bw_dense_f16(int32_t units, int32_t depth, const int8_t *weights, const float *scale,
                                const float *bias, float low, float high, const uint16_t *input, uint16_t *output) {
    for (int32_t unit = 0; unit < units; unit += 32) {
        float sums[32];
        const int32_t count = units - unit < 32 ? units - unit : 32;
        const int8_t *const rows = weights + unit * depth;
        int32_t i = 0;
        for (; i + 4 <= count; i += 4) {
            bw_dot4_f16(rows + i * depth, input, depth, sums + i);
        }
        for (; i < count; ++i) {
            sums[i] = bw_dot_f16(rows + i * depth, input, depth);
        }
        bw_finish_f16(sums, count, scale + unit, bias + unit, low, high, output + unit);
    }
}

#endif /* BW_DENSE_F16_H */
