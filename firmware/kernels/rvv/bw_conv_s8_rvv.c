#include "bw_conv_s8_rvv.h"

#include "bw_rows_rvv.h"

/* The windows of columns from (top, left) on as contiguous bytes. */
static void copy_windows(const bw_conv_s8_rvv_params *p, const int8_t *image, int32_t top, int32_t left,
                         int32_t columns, int8_t *copy) {
    const bw_window *w = &p->window;
    const int32_t pitch = w->in_w * w->in_c, run = w->kernel_w * w->in_c;
    int32_t first = 0, last = w->kernel_h; /* rows inside the image */
    for (; first < last && top + first * w->dilation_h < 0; ++first) {
    }
    for (; first < last && top + (last - 1) * w->dilation_h >= w->in_h; --last) {
    }
    bw_fill_bytes(copy, p->input_zero_point, columns * w->kernel_h * run);
    image += (top + first * w->dilation_h) * pitch;
    copy += first * run;
    for (; columns > 0; --columns) {
        for (int32_t kx = 0, x = left; kx < w->kernel_w; ++kx, x += w->dilation_w) {
            for (int32_t c = 0; c < (x >= 0 && x < w->in_w ? w->in_c : 0); ++c) {
                bw_copy_apart(copy + kx * w->in_c + c, run, image + x * w->in_c + c, w->dilation_h * pitch,
                              last - first);
            }
        }
        left += w->stride_w;
        copy += w->kernel_h * run;
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
