/* Saturated results of element-wise layers of int8, clamped to what a fused activation leaves: a second pass, which
 * layers without one do not need. */
#ifndef BW_CLAMP_RUN_S8_H
#define BW_CLAMP_RUN_S8_H

#include "bw_fixedpoint.h"

static inline void bw_clamp_run_s8(int8_t *values, int32_t count, int32_t low, int32_t high) {
    if (low > INT8_MIN || high < INT8_MAX) {
        for (int32_t i = 0; i < count; ++i) {
            values[i] = (int8_t)bw_clamp(values[i], low, high);
        }
    }
}

#endif /* BW_CLAMP_RUN_S8_H */
