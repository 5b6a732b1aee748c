#include "bw_max_pool_s8_dsp.h"

#include "bw_dsp.h"
#include "bw_span.h"

/* The smaller of each of four signed bytes: the larger one's complement of complements. */
static inline uint32_t min_bytes(uint32_t a, uint32_t b) { return ~bw_max_bytes(~a, ~b); }

/* One output pixel from a box of the input. */
static void pixel(const bw_max_pool_s8_dsp_params *p, const int8_t *box, int32_t rows, int32_t columns,
                  int8_t *output) {
    const int32_t channels = p->window.in_c, pitch = p->window.in_w * channels;
    const uint32_t low = UINT32_C(0x01010101) * (uint8_t)p->low, high = UINT32_C(0x01010101) * (uint8_t)p->high;
    for (int32_t c = 0; c < channels; c += 4) {
        uint32_t largest = low;
        for (int32_t y = 0; y < rows; ++y) {
            const int8_t *from = box + y * pitch + c;
            for (const int8_t *end = from + columns * channels; from < end; from += channels) {
                largest = bw_max_bytes(largest, bw_load32(from));
            }
        }
        bw_store32(output + c, min_bytes(largest, high));
    }
}

void bw_max_pool_s8_dsp(const bw_max_pool_s8_dsp_params *p, const int8_t *input, int8_t *output) {
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
