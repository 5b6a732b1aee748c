/* Elements of normalized rows of int8, two a turn. */
#include "bw_norm_run_s8.h"

#include "bw_dsp.h"
#include "bw_fixedpoint.h"
#include "bw_high_rounded.h"

static inline int8_t value(int32_t x, bw_norm_line line, int32_t up, int32_t gain, int32_t bias, int32_t fraction) {
    const int32_t d = (int32_t)((uint32_t)x * (uint32_t)line.by + (uint32_t)line.plus);
    const int32_t normal = bw_shl32(bw_high_rounded(d, line.root), up);
    return (int8_t)bw_ssat8((bw_high_rounded(normal, gain) + bias) >> fraction);
}

void bw_norm_run_s8(const bw_norm_run *p, bw_norm_line line, const int8_t *input, int8_t *output) {
    const int32_t up = p->up, fraction = p->fraction, *gain = p->gain, *bias = p->bias;
    const int8_t *const end = input + p->depth, *const whole = input + (p->depth & ~1);
    while (input < whole) {
        output[0] = value(input[0], line, up, gain[0], bias[0], fraction);
        output[1] = value(input[1], line, up, gain[1], bias[1], fraction);
        input += 2, output += 2, gain += 2, bias += 2;
    }
    if (input < end) {
        *output = value(*input, line, up, *gain, *bias, fraction);
    }
}
