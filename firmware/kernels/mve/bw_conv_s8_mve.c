#include "bw_conv_s8_mve.h"

#include "bw_copy_s8_mve.h"
#include "bw_mve.h"

#define COLUMNS 3

/* The window of output pixel (oy, ox) as contiguous bytes: taps outside the image become the zero point, and what is
 * inside is a rectangle of rows, or of single taps where the window is dilated along x. */
static void copy_window(const bw_window *w, const int8_t *image, int32_t oy, int32_t ox, int32_t zero_point,
                        int8_t *column) {
    const int32_t top = oy * w->stride_h - w->pad_h, left = ox * w->stride_w - w->pad_w;
    const int32_t bytes = w->kernel_w * w->in_c, pitch = w->in_w * w->in_c;
    int32_t y = 0, x = 0, rows = w->kernel_h, taps = w->kernel_w;
    if (top < 0 || left < 0 || top + (rows - 1) * w->dilation_h >= w->in_h ||
        left + (taps - 1) * w->dilation_w >= w->in_w) {
        bw_fill_mve(column, zero_point, rows * bytes);
        for (; top + y * w->dilation_h < 0; ++y) {
        }
        for (; left + x * w->dilation_w < 0; ++x) {
        }
        for (; rows > y && top + (rows - 1) * w->dilation_h >= w->in_h; --rows) {
        }
        for (; taps > x && left + (taps - 1) * w->dilation_w >= w->in_w; --taps) {
        }
        if (rows <= y || taps <= x) {
            return;
        }
    }
    const int8_t *from = image + (top + y * w->dilation_h) * pitch + (left + x * w->dilation_w) * w->in_c;
    int8_t *to = column + y * bytes + x * w->in_c;
    const int contiguous = w->dilation_w == 1;
    bw_copy_s8_mve_job job = {to, from, w->in_c, rows - y, bytes, w->dilation_h * pitch, 1, 0};
    if (contiguous) {
        job.size *= taps - x;
    }
    for (; x < taps; x += contiguous ? taps : 1) {
        bw_copy_s8_mve(&job);
        job.from += w->dilation_w * w->in_c;
        job.to += w->in_c;
    }
}

/* Up to `most` windows of output row oy from column ox on; returns how many. */
static int32_t copy_windows(const bw_conv_s8_mve_params *p, const int8_t *image, int32_t oy, int32_t ox, int32_t most,
                            int8_t *column) {
    const bw_window *w = &p->window;
    const int32_t top = oy * w->stride_h - w->pad_h;
    if (ox < p->inner_begin || ox >= p->inner_end || top < 0 || top + (w->kernel_h - 1) * w->dilation_h >= w->in_h) {
        copy_window(w, image, oy, ox, p->input_zero_point, column);
        return 1;
    }
    const int32_t count = p->inner_end - ox < most ? p->inner_end - ox : most;
    const int8_t *from = image + (top * w->in_w + ox * w->stride_w - w->pad_w) * w->in_c;
    const int32_t bytes = w->kernel_w * w->in_c;
    const bw_copy_s8_mve_job job = {
        column, from, bytes, w->kernel_h, bytes, w->dilation_h * w->in_w * w->in_c, count, w->stride_w * w->in_c};
    bw_copy_s8_mve(&job);
    return count;
}

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
    const bw_window *w = &p->window;
    const bw_block_s8_mve *block = &p->block;
    const int32_t depth = block->depth;
    int8_t *const copies = scratch;
    const int8_t *columns[COLUMNS] = {copies, copies + depth, copies + 2 * depth};
    int32_t waiting = 0;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            for (int32_t ox = 0; ox < w->out_w;) {
                const int32_t most = COLUMNS - waiting;
                const int32_t found =
                    p->in_place ? point_at(w, input + oy * w->stride_h * w->in_w * w->in_c, ox, most, columns + waiting)
                                : copy_windows(p, input, oy, ox, most, copies + waiting * depth);
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
