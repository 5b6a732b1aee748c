/* Inner loops of attention of int16 on Helium.
 *
 * Cost: 4 instructions per eight products with a key, 5 per eight products with values, which are gathered, and some 20
 * per key or element.
 */
#include "bw_attend_s16.h"

#include "bw_inner_s16.h"

void bw_attend_scores_s16(const int16_t *query, const int16_t *keys, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *scores) {
    for (int32_t j = 0; j < count; ++j, keys += stride) {
        scores[j] = (int32_t)(bw_inner_s16(query, keys, depth) >> shift);
    }
}

/* One element of all values. */
static int64_t element(const int16_t *weights, const int16_t *values, int32_t stride, int32_t count, int64_t sum) {
#ifdef __ARM_FEATURE_MVE
    if (stride < 1 << 12) { /* so that seven of them, in bytes, fit a lane */
        int32_t zero = 0;
        __asm__ volatile("vidup.u16     q2, %[zero], #1       \n"
                         "vmul.i16      q2, q2, %[stride]     \n"
                         "wlstp.16      lr, %[count], 2f      \n"
                         "1:                                  \n"
                         "vldrh.u16     q0, [%[weights]], #16 \n"
                         "vldrh.u16     q1, [%[values], q2, uxtw #1] \n"
                         "vmlaldava.s16 %Q[sum], %R[sum], q0, q1 \n"
                         "add           %[values], %[values], %[stride], lsl #4 \n"
                         "letp          lr, 1b                \n"
                         "2:                                  \n"
                         : [sum] "+r"(sum), [weights] "+r"(weights), [values] "+r"(values), [zero] "+Te"(zero)
                         : [stride] "r"(stride), [count] "r"(count)
                         : "lr", "q0", "q1", "q2", "memory");
        return sum;
    }
#endif
    for (int32_t j = 0; j < count; ++j) {
        sum += weights[j] * values[j * stride];
    }
    return sum;
}

void bw_attend_values_s16(const int16_t *weights, const int16_t *values, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *sums) {
    for (int32_t i = 0; i < depth; ++i) {
        sums[i] = (int32_t)(element(weights, values + i, stride, count, (INT64_C(1) << shift) >> 1) >> shift);
    }
}
