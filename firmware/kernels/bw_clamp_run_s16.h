/* Saturated results of element-wise layers of int16, clamped to what a fused activation leaves: a second pass, which
 * layers without one do not need. */
#ifndef BW_CLAMP_RUN_S16_H
#define BW_CLAMP_RUN_S16_H

#include "bw_fixedpoint.h"

static inline void bw_clamp_run_s16(int16_t *values, int32_t count, int32_t low, int32_t high) {
    if (low > INT16_MIN || high < INT16_MAX) {
        for (int32_t i = 0; i < count; ++i) {
            values[i] = (int16_t)bw_clamp(values[i], low, high);
        }
    }
}

#endif /* BW_CLAMP_RUN_S16_H */
