#include "bw_conv_s8_mve.h"

#define COLUMNS 3

/* Pixels of the input that are windows themselves. */
static int32_t point_at(const bw_window *w, const int8_t *row, int32_t ox, int32_t most, const int8_t **columns) {
    const int32_t count = w->out_w - ox < most ? w->out_w - ox : most, step = w->stride_w * w->in_c;
    const int8_t *from = row + ox * step;
    for (int32_t i = 0; i < count; ++i) {
        columns[i] = from;
        from += step;
    }
    return count;
}

void bw_conv_s8_mve(const bw_conv_s8_mve_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *w = &p->windows.window;
    const bw_block_s8_mve *block = &p->block;
    const int32_t depth = block->depth;
    int8_t *const copies = scratch;
    const int8_t *columns[COLUMNS] = {copies, copies + depth, copies + 2 * depth};
    int32_t waiting = 0;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            bw_window_row_s8_mve row;
            if (!p->in_place) {
                bw_windows_s8_mve_row(&p->windows, input, oy, &row);
            }
            for (int32_t ox = 0; ox < w->out_w;) {
                const int32_t most = COLUMNS - waiting;
                const int32_t found =
                    p->in_place ? point_at(w, input + oy * w->stride_h * w->in_w * w->in_c, ox, most, columns + waiting)
                                : bw_windows_s8_mve_copy(&p->windows, &row, ox, most, copies + waiting * depth);
                ox += found;
                waiting += found;
                if (waiting == COLUMNS) {
                    bw_block_4x3_s8_mve(block, columns, output);
                    output += COLUMNS * block->out_c;
                    waiting = 0;
                }
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
    for (int32_t c = 0; c < waiting; ++c) {
        bw_block_4x1_s8_mve(block, columns[c], output);
        output += block->out_c;
    }
}
