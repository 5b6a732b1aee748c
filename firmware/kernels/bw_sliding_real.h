/* Convolutions, pooling and means in float; bw_sliding_real_params.h states layout and cost. */
#ifndef BW_SLIDING_REAL_H
#define BW_SLIDING_REAL_H

#include "bw_real.h"
#include "bw_sliding_real_params.h"
#include "bw_tap_real.h"

#ifdef BW_HALF
#include "bw_conv_pixel_f16.h"
#include "bw_depthwise_pixel_f16.h"

static inline void bw_depthwise_pixel_real(const bw_sliding_real_params *p, const bw_real *image, int32_t y, int32_t x,
                                           bw_real *output) {
    bw_depthwise_pixel_f16(p, image, y, x, output);
}

#else

/* Up to four units of a convolution at one place, side by side. */
static inline void bw_conv_units_real(const bw_sliding_real_params *p, const bw_real *image, int32_t y, int32_t x,
                                      int32_t unit, int32_t count, bw_real *output) {
    const bw_window_real *const w = &p->window;
    const int32_t taps = w->kernel[0] * w->kernel[1] * w->channels;
    const int8_t *const first = p->weights + unit * taps;
    /* Where there are fewer units, the last one is computed again. */
    const int32_t at[4] = {0, count > 1 ? taps : 0, count > 2 ? 2 * taps : 0, count > 3 ? 3 * taps : 0};
    float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;
    for (int32_t i = 0; i < w->kernel[0]; ++i) {
        for (int32_t j = 0; j < w->kernel[1]; ++j) {
            const bw_real *const pixel = bw_tap_real(w, image, y, x, i, j);
            const int8_t *const weight = first + (i * w->kernel[1] + j) * w->channels;
            for (int32_t c = 0; pixel && c < w->channels; ++c) {
                const float value = bw_load(pixel + c);
                s0 += value * (float)weight[at[0] + c];
                s1 += value * (float)weight[at[1] + c];
                s2 += value * (float)weight[at[2] + c];
                s3 += value * (float)weight[at[3] + c];
            }
        }
    }
    const float sums[4] = {s0, s1, s2, s3};
    for (int32_t i = 0; i < count; ++i) {
        const int32_t u = unit + i;
        bw_store(output + u, bw_clamp(sums[i] * p->scale[u] + p->bias[u], p->low, p->high));
    }
}

static inline void bw_conv_pixel_real(const bw_sliding_real_params *p, const bw_real *image, int32_t y, int32_t x,
                                      bw_real *output) {
    for (int32_t unit = 0; unit < p->units; unit += 4) {
        bw_conv_units_real(p, image, y, x, unit, p->units - unit < 4 ? p->units - unit : 4, output);
    }
}

static inline void bw_depthwise_pixel_real(const bw_sliding_real_params *p, const bw_real *image, int32_t y, int32_t x,
                                           bw_real *output) {
    const bw_window_real *const w = &p->window;
    const int32_t multiplier = p->units / w->channels;
    for (int32_t u = 0; u < p->units; ++u) {
        float sum = 0.0f;
        for (int32_t i = 0; i < w->kernel[0]; ++i) {
            for (int32_t j = 0; j < w->kernel[1]; ++j) {
                const bw_real *const pixel = bw_tap_real(w, image, y, x, i, j);
                if (pixel) {
                    sum += bw_load(pixel + u / multiplier) * (float)p->weights[(i * w->kernel[1] + j) * p->units + u];
                }
            }
        }
        bw_store(output + u, bw_clamp(sum * p->scale[u] + p->bias[u], p->low, p->high));
    }
}

#endif

static inline void bw_pool_pixel_real(const bw_pool_real_params *p, const bw_real *image, int32_t y, int32_t x,
                                      bw_real *output) {
    const bw_window_real *const w = &p->window;
    for (int32_t c = 0; c < w->channels; ++c) {
        float sum = 0.0f, largest = -BW_REAL_MOST;
        int32_t count = 0;
        for (int32_t i = 0; i < w->kernel[0]; ++i) {
            for (int32_t j = 0; j < w->kernel[1]; ++j) {
                const bw_real *const pixel = bw_tap_real(w, image, y, x, i, j);
                if (pixel) {
                    const float value = bw_load(pixel + c);
                    sum += value;
                    largest = value > largest ? value : largest;
                    ++count;
                }
            }
        }
        bw_store(output + c, bw_clamp(p->largest ? largest : sum / (float)count, p->low, p->high));
    }
}

/* One of the above at every place of the output, of `depth` channels. */
#define BW_SLIDE_REAL(window, depth, pixel)                                                                            \
    for (int32_t batch = 0; batch < (window)->batch; ++batch) {                                                        \
        for (int32_t y = 0; y < (window)->output[0]; ++y) {                                                            \
            for (int32_t x = 0; x < (window)->output[1]; ++x) {                                                        \
                pixel(p, input, y, x, output);                                                                         \
                output += (depth);                                                                                     \
            }                                                                                                          \
        }                                                                                                              \
        input += (window)->input[0] * (window)->input[1] * (window)->channels;                                         \
    }

#ifdef BW_HALF
static inline void bw_conv_real(const bw_sliding_real_params *p, const bw_real *input, bw_real *output,
                                bw_real *patch) {
#define BW_PIXEL_F16(params, image, y, x, to) bw_conv_pixel_f16(params, image, y, x, to, patch)
    BW_SLIDE_REAL(&p->window, p->units, BW_PIXEL_F16)
#undef BW_PIXEL_F16
}
#else
static inline void bw_conv_real(const bw_sliding_real_params *p, const bw_real *input, bw_real *output) {
    BW_SLIDE_REAL(&p->window, p->units, bw_conv_pixel_real)
}
#endif

static inline void bw_depthwise_real(const bw_sliding_real_params *p, const bw_real *input, bw_real *output) {
    BW_SLIDE_REAL(&p->window, p->units, bw_depthwise_pixel_real)
}

static inline void bw_pool_real(const bw_pool_real_params *p, const bw_real *input, bw_real *output) {
    BW_SLIDE_REAL(&p->window, p->window.channels, bw_pool_pixel_real)
}

static inline void bw_mean_rows_real(const bw_mean_real_params *p, const bw_real *input, bw_real *output) {
    for (int32_t outer = 0; outer < p->outer; ++outer) {
        for (int32_t i = 0; i < p->inner; ++i) {
            float sum = 0.0f;
            for (int32_t k = 0; k < p->size; ++k) {
                sum += bw_load(input + (outer * p->size + k) * p->inner + i);
            }
            bw_keep(output + outer * p->inner + i, sum * p->share);
        }
    }
}

#endif /* BW_SLIDING_REAL_H */
