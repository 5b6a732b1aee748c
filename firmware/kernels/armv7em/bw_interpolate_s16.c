/* Functions by table: 8 instructions per value. Both ends of a line are one load, and their mean by weights that are
 * 128 together one SMLAD. */
#include "bw_interpolate_s16.h"

#include "bw_dsp.h"

static inline int16_t interpolated(const int16_t *middle, int32_t x) {
    const uint32_t ends = bw_load32(middle + (x >> 7));
    /* 128 - r in the low half, r in the high one. */
    const uint32_t weights = ((uint32_t)x & 0x7FU) * 0xFFFFU + 128U;
    return (int16_t)(bw_smlad(ends, weights, 64) >> 7);
}

void bw_interpolate_s16(const bw_interpolate_s16_params *p, const int16_t *input, int16_t *output) {
    const int16_t *const middle = p->table + 256;
    const int16_t *const end = input + p->size, *const whole = end - p->size % 4;
    for (; input != whole; input += 4, output += 4) {
        output[0] = interpolated(middle, input[0]);
        output[1] = interpolated(middle, input[1]);
        output[2] = interpolated(middle, input[2]);
        output[3] = interpolated(middle, input[3]);
    }
    while (input != end) {
        *output++ = interpolated(middle, *input++);
    }
}
