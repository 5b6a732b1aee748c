#include "bw_conv_s8_rvv.h"

#include "bw_rows_rvv.h"

/* n rows, a byte of each at a time, of the windows of some columns from x on. */
static void copy_bytes(const bw_window *w, const int8_t *row, int32_t left, int32_t columns, size_t n, int8_t *copy) {
    const int32_t run = w->kernel_w * w->in_c, row_step = w->dilation_h * w->in_w * w->in_c;
    for (; columns > 0; --columns) {
        int8_t *to = copy;
        for (int32_t kx = 0, x = left; kx < w->kernel_w; ++kx, x += w->dilation_w) {
            if (x >= 0 && x < w->in_w) {
                const int8_t *from = row + x * w->in_c;
                for (int32_t c = 0; c < w->in_c; ++c) {
                    bw_copy_apart(to + c, run, from + c, row_step, n);
                }
            }
            to += w->in_c;
        }
        left += w->stride_w;
        copy += w->kernel_h * run;
    }
}

/* The windows of columns from (top, left) on as contiguous bytes. */
static void copy_windows(const bw_conv_s8_rvv_params *p, const int8_t *image, int32_t top, int32_t left,
                         int32_t columns, int8_t *copy) {
    const bw_window *w = &p->window;
    const int32_t run = w->kernel_w * w->in_c;
    int32_t first = 0, last = w->kernel_h; /* rows inside the image */
    for (; first < last && top + first * w->dilation_h < 0; ++first) {
    }
    for (; first < last && top + (last - 1) * w->dilation_h >= w->in_h; --last) {
    }
    bw_fill_bytes(copy, p->input_zero_point, columns * w->kernel_h * run);
    while (first < last) {
        const size_t n = bw_lanes(last - first);
        copy_bytes(w, image + (top + first * w->dilation_h) * w->in_w * w->in_c, left, columns, n, copy + first * run);
        first += (int32_t)n;
    }
}

/* How many columns from ox on can be read in place. Groups that need a copy, as those at the end of a row may, are left
 * whole. */
static int32_t in_place(const bw_conv_s8_rvv_params *p, int32_t ox) {
    const int32_t group = p->window.out_w - ox < BW_COLUMNS ? p->window.out_w - ox : BW_COLUMNS;
    const int32_t columns = p->inner_end - ox;
    if (ox < p->inner_begin || columns < group) {
        return 0;
    }
    return p->inner_end == p->window.out_w ? columns : columns - columns % BW_COLUMNS;
}

static void output_row(const bw_conv_s8_rvv_params *p, const int8_t *image, int32_t top, int8_t *output, void *copy) {
    const bw_window *w = &p->window;
    const int32_t inside = bw_rows_inside(w, top), pitch = w->in_w * w->in_c;
    for (int32_t ox = 0; ox < w->out_w;) {
        const int32_t left = ox * w->stride_w - w->pad_w;
        int32_t columns = inside ? in_place(p, ox) : 0;
        if (columns > 0) {
            bw_columns_s8_rvv(&p->columns, image + top * pitch + left * w->in_c, w->dilation_h * pitch, columns,
                              output);
        } else {
            columns = w->out_w - ox < BW_COLUMNS ? w->out_w - ox : BW_COLUMNS;
            if (p->reach > 0) {
                bw_copy_rows_rvv(w, image, top, left, p->reach, p->input_zero_point, copy);
            } else {
                copy_windows(p, image, top, left, columns, copy);
            }
            bw_columns_s8_rvv(&p->columns, copy, p->reach * w->in_c, columns, output);
        }
        ox += columns;
        output += columns * p->columns.out_c;
    }
}

void bw_conv_s8_rvv(const bw_conv_s8_rvv_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *w = &p->window;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            output_row(p, input, oy * w->stride_h - w->pad_h, output, scratch);
            output += w->out_w * p->columns.out_c;
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
