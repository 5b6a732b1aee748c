/* Portable max pooling. */
#include "bw_max_pool_s8.h"

#include "bw_fixedpoint.h"
#include "bw_span.h"

void bw_max_pool_s8(const bw_max_pool_s8_params *p, const int8_t *input, int8_t *output) {
    const bw_window *w = &p->window;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            const bw_span rows = bw_span_of(oy * w->stride_h - w->pad_h, w->kernel_h, w->in_h);
            for (int32_t ox = 0; ox < w->out_w; ++ox) {
                const bw_span columns = bw_span_of(ox * w->stride_w - w->pad_w, w->kernel_w, w->in_w);
                for (int32_t c = 0; c < w->in_c; ++c) {
                    int32_t largest = INT32_MIN;
                    for (int32_t y = rows.begin; y < rows.end; ++y) {
                        for (int32_t x = columns.begin; x < columns.end; ++x) {
                            const int32_t value = input[(y * w->in_w + x) * w->in_c + c];
                            largest = value > largest ? value : largest;
                        }
                    }
                    *output++ = (int8_t)bw_clamp(largest, p->low, p->high);
                }
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
