/* Average pooling with channels in the lanes of vectors. */
#include "bw_avgpool_s8.h"

#include "bw_rvv.h"
#include "bw_span.h"

/* n channels of one pixel. */
static inline void channels(const bw_avgpool_s8_params *p, const int8_t *input, bw_span rows, bw_span columns, size_t n,
                            int8_t *output) {
    const bw_window *w = &p->window;
    const int32_t count = (rows.end - rows.begin) * (columns.end - columns.begin);
    bw_words sum = bw_splat_words(0, n);
    for (int32_t y = rows.begin; y < rows.end; ++y) {
        const int8_t *in = input + (y * w->in_w + columns.begin) * w->in_c;
        for (int32_t x = columns.begin; x < columns.end; ++x) {
            sum = bw_mac(sum, 1, bw_load_bytes(in, n), n);
            in += w->in_c;
        }
    }
    const bw_words mean = p->half_up ? bw_quotient(sum, 128 * count + count / 2, count, n) : bw_mean(sum, count, n);
    bw_store_bytes(output, bw_narrow(mean, p->half_up ? -128 : 0, p->low, p->high, n), n);
}

void bw_avgpool_s8(const bw_avgpool_s8_params *p, const int8_t *input, int8_t *output) {
    const bw_window *w = &p->window;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            const bw_span rows = bw_span_of(oy * w->stride_h - w->pad_h, w->kernel_h, w->in_h);
            for (int32_t ox = 0; ox < w->out_w; ++ox) {
                const bw_span columns = bw_span_of(ox * w->stride_w - w->pad_w, w->kernel_w, w->in_w);
                for (int32_t c = 0; c < w->in_c;) {
                    const size_t n = bw_lanes(w->in_c - c);
                    channels(p, input + c, rows, columns, n, output + c);
                    c += (int32_t)n;
                }
                output += w->in_c;
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
