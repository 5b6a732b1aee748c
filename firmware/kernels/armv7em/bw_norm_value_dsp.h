/* bw_norm_value by rounded high products that add. */
#ifndef BW_NORM_VALUE_DSP_H
#define BW_NORM_VALUE_DSP_H

#include "bw_norm_value.h"

static inline int32_t bw_norm_value_dsp(int32_t x, bw_norm_line line, int32_t up, int32_t gain, int32_t bias,
                                        int32_t fraction) {
    const int32_t d = (int32_t)((uint32_t)x * (uint32_t)line.by + (uint32_t)line.plus);
    const int32_t normal = bw_shl32(bw_smmulr(d, line.root), up);
    return bw_smmlar(normal, gain, bias) >> fraction;
}

#endif /* BW_NORM_VALUE_DSP_H */
