#include "bw_avgpool_s8_dsp.h"

#include "bw_fixedpoint.h"
#include "bw_span.h"
#include "bw_sums_s8.h"

static inline int8_t mean(const bw_avgpool_s8_dsp_params *p, int32_t sum, int32_t count) {
    const int32_t half = count / 2;
    const int32_t value =
        p->half_up ? (sum + 128 * count + half) / count - 128 : (sum + (sum > 0 ? half : -half)) / count;
    return (int8_t)bw_clamp(value, p->low, p->high);
}

/* One output pixel from a box of the input. Rows of the input's whole width are one run. */
static void pixel(const bw_avgpool_s8_dsp_params *p, const int8_t *box, int32_t rows, int32_t columns, int8_t *output) {
    const int32_t channels = p->window.in_c, pitch = p->window.in_w * channels, count = rows * columns;
    const int32_t whole = columns == p->window.in_w;
    for (int32_t c = 0; c < channels; c += 4) {
        bw_sums sums = {0, 0};
        for (int32_t y = 0; y < (whole ? 1 : rows); ++y) {
            sums = bw_add_pixels(sums, box + y * pitch + c, whole ? count : columns, channels);
        }
        for (int32_t i = 0; i < 4; ++i) {
            output[c + i] = mean(p, bw_sum_of(sums, i), count);
        }
    }
}

void bw_avgpool_s8_dsp(const bw_avgpool_s8_dsp_params *p, const int8_t *input, int8_t *output) {
    const bw_window *w = &p->window;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            const bw_span rows = bw_span_of(oy * w->stride_h - w->pad_h, w->kernel_h, w->in_h);
            for (int32_t ox = 0; ox < w->out_w; ++ox) {
                const bw_span columns = bw_span_of(ox * w->stride_w - w->pad_w, w->kernel_w, w->in_w);
                const int8_t *box = input + (rows.begin * w->in_w + columns.begin) * w->in_c;
                pixel(p, box, rows.end - rows.begin, columns.end - columns.begin, output);
                output += w->in_c;
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
