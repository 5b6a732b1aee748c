/* A depthwise convolution in float16 at one place, a lane for each unit; taps beyond the input are left out.
 *
 * Cost on Helium: 19 instructions per tap and 32 units, where there is a unit for each channel; else 8 per tap and up
 * to 8 units; some 30 for each row of the window and 40 for each of these groups of units.
 */
#ifndef BW_DEPTHWISE_PIXEL_F16_H
#define BW_DEPTHWISE_PIXEL_F16_H

#include "bw_finish_f16.h"
#include "bw_outer_f16.h"
#include "bw_tap_real.h"

/* Taps side by side: `count` pixels `stride` elements apart, and rows of weights `units` apart. */
typedef struct {
    const uint16_t *pixels;
    const int8_t *weights;
    int32_t stride, units, count;
} bw_taps_f16;

#ifdef BW_HELIUM_F16

#define BW_CHANNELS_F16(at, halves, sum)                                                                               \
    "vldrb.s16    q4, [%[weights], #" at "] \n"                                                                        \
    "vldrh.u16    q5, [%[pixels], #" halves "] \n"                                                                     \
    "vcvt.f16.s16 q4, q4, #7                \n"                                                                        \
    "vfma.f16     " sum ", q4, q5           \n"

/* Adds the taps' products to 32 lanes. */
static inline void bw_taps_wide_f16(const bw_taps_f16 *t, uint16_t *lanes) {
    const uint16_t *pixels = t->pixels;
    const int8_t *weights = t->weights;
    __asm__ volatile("vldrh.u16  q0, [%[lanes]]      \n"
                     "vldrh.u16  q1, [%[lanes], #16] \n"
                     "vldrh.u16  q2, [%[lanes], #32] \n"
                     "vldrh.u16  q3, [%[lanes], #48] \n"
                     "dls        lr, %[count]        \n"
                     "1:                             \n" BW_CHANNELS_F16("0", "0", "q0")
                         BW_CHANNELS_F16("8", "16", "q1") BW_CHANNELS_F16("16", "32", "q2")
                             BW_CHANNELS_F16("24", "48", "q3") "add        %[pixels], %[stride] \n"
                                                               "add        %[weights], %[units] \n"
                                                               "le         lr, 1b              \n"
                                                               "vstrh.u16  q0, [%[lanes]]      \n"
                                                               "vstrh.u16  q1, [%[lanes], #16] \n"
                                                               "vstrh.u16  q2, [%[lanes], #32] \n"
                                                               "vstrh.u16  q3, [%[lanes], #48] \n"
                     : [pixels] "+r"(pixels), [weights] "+l"(weights)
                     : [count] "r"(t->count), [stride] "r"(t->stride * 2), [units] "r"(t->units), [lanes] "r"(lanes)
                     : "lr", "q0", "q1", "q2", "q3", "q4", "q5", "memory");
}

/* Adds them to up to 8 lanes; lane i is of channel channels[i]. */
static inline void bw_taps_narrow_f16(const bw_taps_f16 *t, const uint16_t channels[8], int32_t width,
                                      uint16_t *lanes) {
    const uint16_t *pixels = t->pixels;
    const int8_t *weights = t->weights;
    __asm__ volatile("vldrh.u16    q0, [%[lanes]]    \n"
                     "vldrh.u16    q1, [%[channels]] \n"
                     "vctp.16      %[width]          \n"
                     "dls          lr, %[count]      \n"
                     "1:                             \n"
                     "vpstt                          \n"
                     "vldrbt.s16   q4, [%[weights]]  \n"
                     "vldrht.u16   q5, [%[pixels], q1, uxtw #1] \n"
                     "vcvt.f16.s16 q4, q4, #7        \n"
                     "vfma.f16     q0, q4, q5        \n"
                     "add          %[pixels], %[stride] \n"
                     "add          %[weights], %[units] \n"
                     "le           lr, 1b            \n"
                     "vstrh.u16    q0, [%[lanes]]    \n"
                     : [pixels] "+r"(pixels), [weights] "+l"(weights)
                     : [count] "r"(t->count), [stride] "r"(t->stride * 2), [units] "r"(t->units), [lanes] "r"(lanes),
                       [channels] "r"(channels), [width] "r"(width)
                     : "lr", "q0", "q1", "q4", "q5", "memory");
}

#undef BW_CHANNELS_F16

#else

static inline void bw_taps_narrow_f16(const bw_taps_f16 *t, const uint16_t channels[8], int32_t width,
                                      bw_lane_f16 *lanes) {
    for (int32_t k = 0; k < t->count; ++k) {
        for (int32_t i = 0; i < width; ++i) {
            const float x = bw_of_half(t->pixels[k * t->stride + channels[i]]);
            lanes[i] = bw_fused_f16(x, bw_weight_f16(t->weights[k * t->units + i]), lanes[i]);
        }
    }
}

static inline void bw_taps_wide_f16(const bw_taps_f16 *t, bw_lane_f16 *lanes) {
    static const uint16_t channels[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    for (int32_t i = 0; i < 32; i += 8) {
        const bw_taps_f16 part = {t->pixels + i, t->weights + i, t->stride, t->units, t->count};
        bw_taps_narrow_f16(&part, channels, 8, lanes + i);
    }
}

#endif

/* Adds taps `from` to `end` of the window, of which the inside of a row is `first` to `behind`, to the lanes of `width`
 * units. */
static inline void bw_depthwise_taps_f16(const bw_sliding_real_params *p, const uint16_t *image, int32_t y, int32_t x,
                                         const int32_t taps[4], int32_t unit, int32_t width, bw_lane_f16 *lanes) {
    const bw_window_real *const w = &p->window;
    const int32_t across = w->kernel[1], multiplier = p->units / w->channels, channel = unit / multiplier;
    uint16_t channels[8];
    for (int32_t i = 0; width <= 8 && i < 8; ++i) {
        channels[i] = (uint16_t)((unit + i) / multiplier - channel);
    }
    for (int32_t i = taps[0] / across; i * across < taps[1]; ++i) {
        const int32_t row = bw_under_real(w, 0, y, i), start = taps[0] - i * across, stop = taps[1] - i * across;
        const int32_t from = start > taps[2] ? start : taps[2], end = stop < taps[3] ? stop : taps[3];
        if (row < 0 || row >= w->input[0] || from >= end) {
            continue;
        }
        const int32_t place = row * w->input[1] + bw_under_real(w, 1, x, from);
        const bw_taps_f16 run = {image + place * w->channels + channel,
                                 p->weights + (i * across + from) * p->units + unit, w->dilation[1] * w->channels,
                                 p->units, end - from};
        if (width > 8) {
            bw_taps_wide_f16(&run, lanes);
        } else {
            bw_taps_narrow_f16(&run, channels, width, lanes);
        }
    }
}

static inline void bw_depthwise_pixel_f16(const bw_sliding_real_params *p, const uint16_t *image, int32_t y, int32_t x,
                                          uint16_t *output) {
    const bw_window_real *const w = &p->window;
    const int32_t first = bw_first_tap_real(w, x), behind = bw_end_tap_real(w, x);
    const int32_t count = w->kernel[0] * w->kernel[1];
    for (int32_t unit = 0, width; unit < p->units; unit += width) {
        const int32_t left = p->units - unit;
        float sums[32] = {0};
        width = left >= 32 && p->units == w->channels ? 32 : left < 8 ? left : 8;
        for (int32_t at = 0; at < count; at += BW_STEPS_F16) {
            const int32_t end = count - at < BW_STEPS_F16 ? count : at + BW_STEPS_F16;
            const int32_t taps[4] = {at, end, first, behind};
            bw_lane_f16 lanes[32] = {0};
            bw_depthwise_taps_f16(p, image, y, x, taps, unit, width, lanes);
            bw_outer_close_f16(lanes, width, sums);
        }
        bw_finish_f16(sums, width, p->scale + unit, p->bias + unit, p->low, p->high, output + unit);
    }
}

#endif /* BW_DEPTHWISE_PIXEL_F16_H */
