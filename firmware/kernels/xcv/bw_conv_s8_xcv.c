#include "bw_conv_s8_xcv.h"

#include "bw_column_s8.h"
#include "bw_tile_s8_xcv.h"

/* All channels of count pixels, four or one, whose windows follow each other. */
static void pixels(const bw_conv_s8_xcv_params *p, int32_t depth, const int8_t *columns, int32_t count,
                   int8_t *output) {
    bw_tile_xcv tile = {p->weights,    columns,  depth,       p->out_c / 4, p->bias,
                        p->multiplier, p->shift, output,      p->out_c,     p->output_zero_point,
                        p->low,        p->high,  p->rectified};
    if (count == 4) {
        bw_tile_4x4_s8_xcv(&tile);
    } else {
        bw_tile_4x1_s8_xcv(&tile);
    }
}

/* Windows that follow each other in memory. */
static void run(const bw_conv_s8_xcv_params *p, int32_t depth, const int8_t *columns, int32_t count, int8_t *output) {
    for (; count >= 4; count -= 4) {
        pixels(p, depth, columns, 4, output);
        columns += 4 * depth;
        output += 4 * p->out_c;
    }
    for (; count > 0; --count) {
        pixels(p, depth, columns, 1, output);
        columns += depth;
        output += p->out_c;
    }
}

void bw_conv_s8_xcv(const bw_conv_s8_xcv_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *w = &p->window;
    const int32_t depth = (w->kernel_h * w->kernel_w * w->in_c + 3) & ~3;
    if (bw_window_is_pointwise(w) && depth == w->in_c) {
        run(p, depth, input, w->batch * w->out_h * w->out_w, output);
        return;
    }
    int32_t waiting = 0;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            for (int32_t ox = 0; ox < w->out_w; ++ox) {
                bw_column_s8(w, input, oy, ox, p->input_zero_point, (int8_t *)scratch + waiting * depth);
                if (++waiting == 4) {
                    pixels(p, depth, scratch, 4, output);
                    output += 4 * p->out_c;
                    waiting = 0;
                }
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
    run(p, depth, scratch, waiting, output);
}
