#include "bw_conv_s8_mve.h"

#include "bw_mve.h"

#define COLUMNS 3

/* One row of a window that may leave the image: taps outside become the zero point. */
static void edge_row(const bw_window *w, const int8_t *row, int32_t left, int32_t zero_point, int8_t *column) {
    for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
        const int32_t x = left + kx * w->dilation_w;
        if (row != 0 && x >= 0 && x < w->in_w) {
            bw_copy_mve(column, row + x * w->in_c, w->in_c);
        } else {
            bw_fill_mve(column, zero_point, w->in_c);
        }
        column += w->in_c;
    }
}

/* The window of output pixel (oy, ox) as contiguous bytes. */
static void copy_window(const bw_window *w, const int8_t *image, int32_t oy, int32_t ox, int32_t zero_point,
                        int8_t *column) {
    const int32_t left = ox * w->stride_w - w->pad_w, bytes = w->kernel_w * w->in_c, pitch = w->in_w * w->in_c;
    const int whole = w->dilation_w == 1 && left >= 0 && left + w->kernel_w <= w->in_w;
    int32_t y = oy * w->stride_h - w->pad_h;
    for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
        const int inside = y >= 0 && y < w->in_h;
        if (whole && inside) {
            bw_copy_mve(column, image + y * pitch + left * w->in_c, bytes);
        } else {
            edge_row(w, inside ? image + y * pitch : 0, left, zero_point, column);
        }
        column += bytes;
        y += w->dilation_h;
    }
}

void bw_conv_s8_mve(const bw_conv_s8_mve_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *w = &p->window;
    const bw_block_s8_mve *block = &p->block;
    const int8_t *columns[COLUMNS];
    int32_t waiting = 0;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            for (int32_t ox = 0; ox < w->out_w; ++ox) {
                if (p->in_place) {
                    columns[waiting] = input + (oy * w->stride_h * w->in_w + ox * w->stride_w) * w->in_c;
                } else {
                    int8_t *column = (int8_t *)scratch + waiting * block->depth;
                    copy_window(w, input, oy, ox, p->input_zero_point, column);
                    columns[waiting] = column;
                }
                if (++waiting == COLUMNS) {
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
