/* One direction of a window over an NHWC tensor; steps are bytes between neighbours. */
#ifndef BW_AXIS_MVE_H
#define BW_AXIS_MVE_H

#include <stdint.h>

typedef struct {
    int32_t in, out, taps, stride, pad, in_step, out_step;
} bw_axis_mve;

#endif /* BW_AXIS_MVE_H */
