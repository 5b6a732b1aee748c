/* Geometry of a sliding window over an NHWC tensor; shared by convolutions and pooling. */
#ifndef BW_WINDOW_H
#define BW_WINDOW_H

#include <stdint.h>

typedef struct {
    int32_t batch;
    int32_t in_h, in_w, in_c;
    int32_t out_h, out_w;
    int32_t kernel_h, kernel_w;
    int32_t stride_h, stride_w;
    int32_t dilation_h, dilation_w;
    int32_t pad_h, pad_w; /* rows above, columns left */
} bw_window;

#endif /* BW_WINDOW_H */
