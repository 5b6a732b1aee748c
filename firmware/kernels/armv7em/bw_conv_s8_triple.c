#include "bw_conv_s8_triple.h"

#include <string.h>

#include "bw_column_s8.h"
#include "bw_copies_s8.h"
#include "bw_pairs_s8.h"
#include "bw_triple_rectified_s8.h"
#include "bw_windows_s8.h"

/* `count` pixels from the widened columns; one alone, or all of them. */
static void multiply(const bw_conv_s8_triple_params *p, const uint32_t *columns, int32_t quads, int32_t count,
                     int8_t *output) {
    const bw_triple_s8_shape shape = {quads, p->out_c, count == BW_TRIPLE ? p->out_c : 0, p->offset};
    if (p->rectified) {
        bw_triple_rectified_s8(p->pairs, columns, output, &shape);
    } else {
        bw_triple_s8(p->pairs, columns, output, &shape);
        bw_clamp_run(output, count * p->out_c, p->low, p->high);
    }
}

/* The window of the next output pixel in raster order. */
static void advance(const bw_window *w, bw_place *place) {
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

/* Windows that are the input's pixels one after the other. */
static void pixels(const bw_conv_s8_triple_params *p, const int8_t *input, int8_t *output, uint32_t *columns) {
    const bw_window *w = &p->window;
    const int32_t quads = w->in_c / 4;
    for (int32_t left = w->batch * w->out_h * w->out_w; left > 0;) {
        const int32_t count = left >= BW_TRIPLE ? BW_TRIPLE : 1, step = count > 1 ? w->in_c : 0;
        const int8_t *const from[BW_TRIPLE] = {input, input + step, input + 2 * step};
        bw_widen_triple_s8(from, quads, columns);
        multiply(p, columns, quads, count, output);
        input += count * w->in_c;
        output += count * p->out_c;
        left -= count;
    }
}

static void windows(const bw_conv_s8_triple_params *p, const int8_t *input, int8_t *output, uint32_t *columns) {
    const bw_window *w = &p->window;
    const int32_t quads = w->kernel_h * w->kernel_w * w->in_c / 4;
    int8_t *const padding = (int8_t *)(columns + 2 * BW_TRIPLE * quads);
    bw_place next = {input, -w->pad_h, -w->pad_w};
    memset(padding, p->input_zero_point, (size_t)w->in_c);
    for (int32_t left = w->batch * w->out_h * w->out_w; left > 0;) {
        /* The last one or two pixels are computed one by one. */
        const int32_t count = left >= BW_TRIPLE ? BW_TRIPLE : 1;
        bw_place places[BW_TRIPLE] = {next, next, next};
        advance(w, &next);
        if (count == BW_TRIPLE) {
            places[1] = next;
            advance(w, &next);
            places[2] = next;
            advance(w, &next);
        }
        bw_windows_s8(w, places, columns, padding);
        multiply(p, columns, quads, count, output);
        output += count * p->out_c;
        left -= count;
    }
}

/* Windows of few channels, copied before they are widened. */
static void copies(const bw_conv_s8_triple_params *p, const int8_t *input, int8_t *output, uint32_t *columns) {
    const bw_window *w = &p->window;
    const int32_t quads = (w->kernel_h * w->kernel_w * w->in_c + 3) / 4, rows = w->batch * w->out_h;
    int8_t *const copied = (int8_t *)(columns + 2 * BW_TRIPLE * quads);
    const int8_t *const from[BW_TRIPLE] = {copied, copied + 4 * quads, copied + 8 * quads};
    int32_t waiting = 0;
    memset(copied, 0, (size_t)(4 * BW_TRIPLE * quads));
    for (int32_t row = 0; row < rows; ++row) {
        const int32_t image = row / w->out_h;
        bw_place next = {input + image * w->in_h * w->in_w * w->in_c, (row - image * w->out_h) * w->stride_h - w->pad_h,
                         -w->pad_w};
        for (int32_t left = w->out_w; left > 0;) {
            const int32_t count = left < BW_TRIPLE - waiting ? left : BW_TRIPLE - waiting;
            bw_copy_windows_s8(w, p->input_zero_point, &next, count, copied + 4 * quads * waiting);
            next.x += count * w->stride_w;
            left -= count;
            waiting += count;
            if (waiting == BW_TRIPLE) {
                bw_widen_triple_s8(from, quads, columns);
                multiply(p, columns, quads, BW_TRIPLE, output);
                output += BW_TRIPLE * p->out_c;
                waiting = 0;
            }
        }
    }
    for (int32_t i = 0; i < waiting; ++i) {
        const int8_t *const one[BW_TRIPLE] = {from[i], from[i], from[i]};
        bw_widen_triple_s8(one, quads, columns);
        multiply(p, columns, quads, 1, output);
        output += p->out_c;
    }
}

void bw_conv_s8_triple(const bw_conv_s8_triple_params *p, const int8_t *input, int8_t *output, void *scratch) {
    if (p->window.in_c % 4 != 0) {
        copies(p, input, output, scratch);
    } else if (bw_window_is_pointwise(&p->window)) {
        pixels(p, input, output, scratch);
    } else {
        windows(p, input, output, scratch);
    }
}
