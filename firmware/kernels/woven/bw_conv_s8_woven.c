#include "bw_conv_s8_woven.h"

#include <string.h>

#include "bw_fixedpoint.h"
#include "bw_weave_s8.h"

/* The window of the next output pixel in raster order. */
static void advance(const bw_window *w, bw_woven_place *place) {
    place->x += w->stride_w;
    if (place->x == w->out_w * w->stride_w - w->pad_w) {
        place->x = -w->pad_w;
        place->y += w->stride_h;
        if (place->y == w->out_h * w->stride_h - w->pad_h) {
            place->y = -w->pad_h;
            place->image += w->in_h * w->in_w * w->in_c;
        }
    }
}

static void clamp(int8_t *values, int32_t count, int32_t low, int32_t high) {
    for (int32_t i = 0; i < count; ++i) {
        values[i] = (int8_t)bw_clamp(values[i], low, high);
    }
}

void bw_conv_s8_woven(const bw_conv_s8_woven_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *const w = &p->window;
    const int32_t bytes = w->kernel_w * w->in_c, depth = w->kernel_h * bytes, stride = p->columns / BW_WOVEN * 2;
    bw_woven_s8_shape shape = {depth, p->part, p->out_c, 0, 2 * p->output_zero_point + 1};
    uint32_t *const columns = scratch;
    int8_t *const rows = (int8_t *)(columns + stride * depth);
    bw_woven_place next = {input, -w->pad_h, -w->pad_w};
    memset(rows, p->input_zero_point, (size_t)bytes);
    for (int32_t left = w->batch * w->out_h * w->out_w; left > 0;) {
        shape.count = left < p->columns ? left : p->columns;
        for (int32_t i = 0; i < p->columns; i += BW_WOVEN) {
            bw_woven_place places[BW_WOVEN];
            for (int32_t j = 0; j < BW_WOVEN; ++j) {
                places[j] = next;
                if (i + j + 1 < shape.count) { /* the last pixel fills the columns that are left over */
                    advance(w, &next);
                }
            }
            bw_weave_windows_s8(w, places, rows, columns + i / BW_WOVEN * 2, stride);
        }
        advance(w, &next);
        bw_woven_dot_s8(p->rows, columns, output, &shape);
        if (p->low > INT8_MIN || p->high < INT8_MAX) {
            clamp(output, shape.count * p->out_c, p->low, p->high);
        }
        output += shape.count * p->out_c;
        left -= shape.count;
    }
}
