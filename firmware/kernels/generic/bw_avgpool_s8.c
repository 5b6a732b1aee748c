/* Portable average pooling. */
#include "bw_avgpool_s8.h"

#include "bw_fixedpoint.h"
#include "bw_span.h"

static int32_t mean(int32_t sum, int32_t count, int32_t half_up) {
    if (half_up) {
        const int32_t lifted = sum + 128 * count;
        return (lifted + count / 2) / count - 128;
    }
    return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

void bw_avgpool_s8(const bw_avgpool_s8_params *p, const int8_t *input, int8_t *output) {
    const bw_window *w = &p->window;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            const bw_span rows = bw_span_of(oy * w->stride_h - w->pad_h, w->kernel_h, w->in_h);
            for (int32_t ox = 0; ox < w->out_w; ++ox) {
                const bw_span columns = bw_span_of(ox * w->stride_w - w->pad_w, w->kernel_w, w->in_w);
                const int32_t count = (rows.end - rows.begin) * (columns.end - columns.begin);
                for (int32_t c = 0; c < w->in_c; ++c) {
                    int32_t sum = 0;
                    for (int32_t y = rows.begin; y < rows.end; ++y) {
                        for (int32_t x = columns.begin; x < columns.end; ++x) {
                            sum += input[(y * w->in_w + x) * w->in_c + c];
                        }
                    }
                    *output++ = (int8_t)bw_clamp(mean(sum, count, p->half_up), p->low, p->high);
                }
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
