#include "bw_conv_s8_xcv.h"

#include "bw_column_s8.h"
#include "bw_span.h"
#include "bw_words_xcv.h"

/* Windows that follow each other in memory. */
static void run(bw_tile_xcv *tile, const int8_t *columns, int32_t count) {
    tile->rows = &columns;
    tile->rows_end = &columns + 1;
    tile->step = 4 * tile->words;
    bw_tile_pixels_xcv(tile, count);
}

/* A window that reaches into the padding, or is dilated: its rows one after the other, with bytes. */
static void window_by_rows(const bw_conv_s8_xcv_params *p, const int8_t *image, int32_t top, int32_t left,
                           int8_t *column) {
    const bw_window *w = &p->window;
    bw_fill_words_xcv(column, (uint32_t)(uint8_t)p->input_zero_point * 0x01010101U, w->kernel_h * p->row / 4);
    for (int32_t ky = 0; ky < w->kernel_h; ++ky, column += p->row) {
        const int32_t y = top + ky * w->dilation_h;
        if (y < 0 || y >= w->in_h) {
            continue;
        }
        const int8_t *row = image + y * w->in_w * w->in_c;
        if (w->dilation_w == 1) {
            const bw_span span = bw_span_of(left, w->kernel_w, w->in_w);
            bw_copy_bytes_xcv(column + (span.begin - left) * w->in_c, row + span.begin * w->in_c,
                              (span.end - span.begin) * w->in_c);
            continue;
        }
        for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
            const int32_t x = left + kx * w->dilation_w;
            if (x >= 0 && x < w->in_w) {
                bw_copy_bytes_xcv(column + kx * w->in_c, row + x * w->in_c, w->in_c);
            }
        }
    }
}

/* The window of output pixel (oy, ox); what pads its rows has weights of zero. */
static void window(const bw_conv_s8_xcv_params *p, const int8_t *image, int32_t oy, int32_t ox, int8_t *column) {
    const bw_window *w = &p->window;
    const int32_t top = oy * w->stride_h - w->pad_h, left = ox * w->stride_w - w->pad_w, pitch = w->in_w * w->in_c;
    const int32_t inside = top >= 0 && left >= 0 && left + w->kernel_w <= w->in_w;
    /* The copy of a box may read a word too much behind its last row. */
    const int32_t end = (top + w->kernel_h - 1) * pitch + left * w->in_c + p->row + (w->in_c % 4 ? 4 : 0);
    if (inside && w->dilation_h == 1 && w->dilation_w == 1 && end <= w->in_h * pitch) {
        bw_copy_box_xcv(column, image + top * pitch + left * w->in_c, w->kernel_h, p->row / 4, pitch);
    } else {
        window_by_rows(p, image, top, left, column);
    }
}

/* Output pixels first to end - 1 in raster order over all images. */
static void copied(const bw_conv_s8_xcv_params *p, bw_tile_xcv *tile, const int8_t *input, int8_t *columns,
                   int32_t first, int32_t end) {
    const bw_window *w = &p->window;
    const int32_t pixels = w->out_h * w->out_w;
    int32_t b = first / pixels, oy = first % pixels / w->out_w, ox = first % w->out_w;
    for (int32_t waiting = 0; first < end; ++first) {
        window(p, input + b * w->in_h * w->in_w * w->in_c, oy, ox, columns + waiting * 4 * tile->words);
        if (++waiting == 4 || first + 1 == end) {
            run(tile, columns, waiting);
            waiting = 0;
        }
        if (++ox == w->out_w) {
            ox = 0;
            if (++oy == w->out_h) {
                oy = 0;
                ++b;
            }
        }
    }
}

void bw_conv_s8_xcv(const bw_conv_s8_xcv_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *w = &p->window;
    const int32_t depth = w->kernel_h * p->row, pixels = w->batch * w->out_h * w->out_w;
    bw_share fours, groups;
    bw_share_either((pixels + 3) / 4, p->channels.count / 4, &fours, &groups);
    const int32_t first = 4 * fours.begin, end = 4 * fours.end < pixels ? 4 * fours.end : pixels;
    bw_tile_xcv tile = bw_tile_of_xcv(&p->channels, groups, 1, depth / 4);
    tile.output = output + first * p->channels.count + 4 * groups.begin;
    if (groups.end == groups.begin) {
        return;
    }
    if (bw_window_is_pointwise(w) && depth == w->in_c) {
        run(&tile, input + first * depth, end - first);
    } else {
        copied(p, &tile, input, bw_scratch_of(scratch, 4 * depth), first, end);
    }
}
