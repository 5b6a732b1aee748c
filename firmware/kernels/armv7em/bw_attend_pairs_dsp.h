/* Two elements of a weighted sum of rows of int16 by SMLALD, two rows at a time. */
#ifndef BW_ATTEND_PAIRS_DSP_H
#define BW_ATTEND_PAIRS_DSP_H

#include "bw_dsp.h"

/* sums[0..1] += sum of weights[j] * rows[j * stride + 0..1] over j */
static inline void bw_attend_two_dsp(const int16_t *weights, const int16_t *rows, int32_t stride, int32_t count,
                                     int64_t *sums) {
    const int16_t *const pairs = weights + (count & ~1);
    uint64_t s0 = (uint64_t)sums[0], s1 = (uint64_t)sums[1];
    for (; weights < pairs; weights += 2, rows += 2 * stride) {
        const uint32_t both = bw_load32(weights), a = bw_load32(rows), b = bw_load32(rows + stride);
        s0 = bw_smlald(both, bw_pkhbt(a, b), s0);
        s1 = bw_smlald(both, bw_pkhtb(a, b), s1);
    }
    if (count & 1) {
        s0 += (uint64_t)(int64_t)(*weights * rows[0]);
        s1 += (uint64_t)(int64_t)(*weights * rows[1]);
    }
    sums[0] = (int64_t)s0;
    sums[1] = (int64_t)s1;
}

#endif /* BW_ATTEND_PAIRS_DSP_H */
