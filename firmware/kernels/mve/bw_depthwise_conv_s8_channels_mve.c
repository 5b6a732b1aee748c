#include "bw_depthwise_conv_s8_channels_mve.h"

#include "bw_mve.h"

/* The taps of output pixel (oy, ox); those outside the image, and one more, are `outside`. */
static void find_taps(const bw_window *w, const int8_t *image, const int8_t *outside, int32_t oy, int32_t ox,
                      const int8_t **taps) {
    const int32_t pitch = w->in_w * w->in_c, height = w->in_h * pitch, step = w->dilation_w * w->in_c;
    const int32_t left = (ox * w->stride_w - w->pad_w) * w->in_c;
    int32_t row = (oy * w->stride_h - w->pad_h) * pitch;
    for (int32_t y = 0; y < w->kernel_h; ++y) {
        const int inside = row >= 0 && row < height;
        int32_t column = left;
        for (int32_t x = 0; x < w->kernel_w; ++x) {
            *taps++ = inside && column >= 0 && column < pitch ? image + row + column : outside;
            column += step;
        }
        row += w->dilation_h * pitch;
    }
    *taps = outside;
}

void bw_depthwise_conv_s8_channels_mve(const bw_depthwise_conv_s8_channels_mve_params *p, const int8_t *input,
                                       int8_t *output, void *scratch) {
    const bw_window *w = &p->window;
    const int32_t reach = (w->kernel_h - 1) * w->dilation_h;
    bw_fill_mve(scratch, p->input_zero_point, w->in_c);
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            const int32_t top = oy * w->stride_h - w->pad_h;
            const int inside = top >= 0 && top + reach < w->in_h;
            for (int32_t ox = 0; ox < w->out_w;) {
                const int8_t *taps[BW_CHANNELS_TAPS + 1];
                const int32_t count = inside && ox == p->inner_begin ? p->inner_end - ox : 1;
                find_taps(w, input, scratch, oy, ox, taps);
                bw_channels_s8_mve_run(&p->block, taps, output, count, w->stride_w * w->in_c);
                output += count * w->in_c;
                ox += count;
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
