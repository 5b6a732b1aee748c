/* An element of a normalized row as bw_norm_run.h states, and rows of such elements. */
#ifndef BW_NORM_VALUE_H
#define BW_NORM_VALUE_H

#include "bw_dsp.h"
#include "bw_fixedpoint.h"
#include "bw_high_rounded.h"
#include "bw_norm_run.h"

/* Before its clamp. */
static inline int32_t bw_norm_value(int32_t x, bw_norm_line line, int32_t up, int32_t gain, int32_t bias,
                                    int32_t fraction) {
    const int32_t d = (int32_t)((uint32_t)x * (uint32_t)line.by + (uint32_t)line.plus);
    const int32_t normal = bw_shl32(bw_high_rounded(d, line.root), up);
    return (bw_high_rounded(normal, gain) + bias) >> fraction;
}

/* Define a function of rows of a type from one that makes an element and one that clamps it; element by element, or,
 * where that saves the loop's instructions, by twos. */
#define BW_DEFINE_NORM_RUN(function, type, value, clamp)                                                               \
    void function(const bw_norm_run *p, bw_norm_line line, const type *input, type *output) {                          \
        const int32_t up = p->up, fraction = p->fraction, *gain = p->gain, *bias = p->bias;                            \
        for (const type *const end = input + p->depth; input < end;) {                                                 \
            *output++ = (type)clamp(value(*input++, line, up, *gain++, *bias++, fraction));                            \
        }                                                                                                              \
    }

#define BW_DEFINE_NORM_RUN_BY_TWOS(function, type, value, clamp)                                                       \
    void function(const bw_norm_run *p, bw_norm_line line, const type *input, type *output) {                          \
        const int32_t up = p->up, fraction = p->fraction, *gain = p->gain, *bias = p->bias;                            \
        const type *const end = input + p->depth, *const whole = input + (p->depth & ~1);                              \
        while (input < whole) {                                                                                        \
            output[0] = (type)clamp(value(input[0], line, up, gain[0], bias[0], fraction));                            \
            output[1] = (type)clamp(value(input[1], line, up, gain[1], bias[1], fraction));                            \
            input += 2, output += 2, gain += 2, bias += 2;                                                             \
        }                                                                                                              \
        if (input < end) {                                                                                             \
            *output = (type)clamp(value(*input, line, up, *gain, *bias, fraction));                                    \
        }                                                                                                              \
    }

#endif /* BW_NORM_VALUE_H */
