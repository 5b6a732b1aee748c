/* Portable elements of normalized rows of int16. */
#include "bw_norm_run_s16.h"

#include "bw_dsp.h"
#include "bw_fixedpoint.h"
#include "bw_high_rounded.h"

static inline int16_t value(int32_t x, bw_norm_line line, int32_t up, int32_t gain, int32_t bias, int32_t fraction) {
    const int32_t d = (int32_t)((uint32_t)x * (uint32_t)line.by + (uint32_t)line.plus);
    const int32_t normal = bw_shl32(bw_high_rounded(d, line.root), up);
    return (int16_t)bw_ssat16((bw_high_rounded(normal, gain) + bias) >> fraction);
}

void bw_norm_run_s16(const bw_norm_run *p, bw_norm_line line, const int16_t *input, int16_t *output) {
    const int32_t up = p->up, fraction = p->fraction, *gain = p->gain, *bias = p->bias;
    for (const int16_t *const end = input + p->depth; input < end;) {
        *output++ = value(*input++, line, up, *gain++, *bias++, fraction);
    }
}
