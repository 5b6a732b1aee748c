#include "bw_avgpool_s8_xcv.h"

#include "bw_cores.h"
#include "bw_fixedpoint.h"
#include "bw_span.h"
#include "bw_sums_s8_xcv.h"

static inline int8_t mean(const bw_avgpool_s8_xcv_params *p, int32_t sum, int32_t count) {
    const int32_t half = count / 2;
    const int32_t value =
        p->half_up ? (sum + 128 * count + half) / count - 128 : (sum + (sum > 0 ? half : -half)) / count;
    return (int8_t)bw_clamp(value, p->low, p->high);
}

/* This core's channels of one output pixel, from a box of the input. */
static void pixel(const bw_avgpool_s8_xcv_params *p, const int8_t *box, int32_t rows, int32_t columns, int8_t *output) {
    const int32_t channels = p->window.in_c, pitch = p->window.in_w * channels;
    const bw_share fours = bw_share_of(channels / 4);
    for (int32_t c = 4 * fours.begin; c < 4 * fours.end; c += 4) {
        int32_t sums[4];
        bw_sums_s8_xcv(box + c, rows, columns, pitch, channels, sums);
        for (int32_t i = 0; i < 4; ++i) {
            output[c + i] = mean(p, sums[i], rows * columns);
        }
    }
}

void bw_avgpool_s8_xcv(const bw_avgpool_s8_xcv_params *p, const int8_t *input, int8_t *output) {
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
