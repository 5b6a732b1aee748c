#include "bw_conv_s8_shallow_mve.h"

#include "bw_shallow_s8_mve.h"

/* Returns where the output goes on. */
static int8_t *compute(const bw_block_s8_mve *block, const int8_t *columns, int32_t pitch, int32_t count,
                       int8_t *output) {
    const bw_run_s8_mve run = {columns, pitch, output, count, block->out_c};
    if (block->depth <= 16) {
        bw_shallow_16_s8_mve(block, &run);
    } else {
        bw_shallow_32_s8_mve(block, &run);
    }
    return output + count * block->out_c;
}

void bw_conv_s8_shallow_mve(const bw_conv_s8_shallow_mve_params *p, const int8_t *input, int8_t *output,
                            void *scratch) {
    const bw_window *w = &p->windows.window;
    const int32_t step = w->stride_w * w->in_c, pitch = p->windows.pitch;
    int8_t *const copies = scratch;
    int32_t waiting = 0;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            bw_window_row_s8_mve window_row;
            if (!p->in_place) {
                bw_windows_s8_mve_row(&p->windows, input, oy, &window_row);
            }
            for (int32_t ox = 0; ox < w->out_w;) {
                const int32_t left = w->out_w - ox, most = p->together - waiting;
                if (p->in_place) {
                    const int32_t count = left < most ? left : most;
                    const int8_t *row = input + oy * w->stride_h * w->in_w * w->in_c;
                    output = compute(&p->block, row + ox * step, step, count, output);
                    ox += count;
                    continue;
                }
                const int32_t count =
                    bw_windows_s8_mve_copy(&p->windows, &window_row, ox, most, copies + waiting * pitch);
                ox += count;
                waiting += count;
                if (waiting == p->together) {
                    output = compute(&p->block, copies, pitch, waiting, output);
                    waiting = 0;
                }
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
    if (waiting) {
        compute(&p->block, copies, pitch, waiting, output);
    }
}
