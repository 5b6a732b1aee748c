#include "bw_conv_s8_rvv.h"

#include "bw_rows_rvv.h"

static void output_row(const bw_conv_s8_rvv_params *p, const int8_t *image, int32_t top, int8_t *output, void *copy) {
    const bw_window *w = &p->window;
    const int32_t inside = bw_rows_inside(w, top);
    const int32_t row_step = w->dilation_h * w->in_w * w->in_c, extent = (w->kernel_w - 1) * w->dilation_w + 1;
    int32_t left = -w->pad_w;
    for (int32_t ox = 0; ox < w->out_w; ox += BW_COLUMNS) {
        const int32_t columns = w->out_w - ox < BW_COLUMNS ? w->out_w - ox : BW_COLUMNS;
        if (inside && left >= 0 && left + (columns - 1) * w->stride_w + extent <= w->in_w) {
            bw_columns_s8_rvv(&p->columns, image + (top * w->in_w + left) * w->in_c, row_step, columns, output);
        } else {
            bw_copy_rows_rvv(w, image, top, left, p->reach, p->input_zero_point, copy);
            bw_columns_s8_rvv(&p->columns, copy, p->reach * w->in_c, columns, output);
        }
        left += BW_COLUMNS * w->stride_w;
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
