#include "bw_depthwise_conv_3x3_s8_xcv.h"

#include "bw_cores.h"
#include "bw_depthwise_row_s8_xcv.h"
#include "bw_words_xcv.h"

static int8_t *slot(const bw_window *w, int8_t *ring, int32_t y) {
    return ring + (y + 3 * w->pad_h) % 3 * w->in_w * w->in_c; /* y >= -pad_h */
}

/* Row y of an image, or padding, to its place among the last three. */
static void keep_row(const bw_window *w, const int8_t *image, int8_t *ring, int32_t y, uint32_t padding) {
    const int32_t bytes = w->in_w * w->in_c;
    if (y >= 0 && y < w->in_h) {
        bw_copy_words_xcv(slot(w, ring, y), image + y * bytes, bytes / 4);
    } else {
        bw_fill_words_xcv(slot(w, ring, y), padding, bytes / 4);
    }
}

/* What all rows have in common; the others' fields follow. */
static bw_depthwise_row_xcv first_row(const bw_depthwise_conv_3x3_s8_xcv_params *p, uint32_t padding) {
    const bw_window *w = &p->window;
    const int32_t reach = (w->out_w - 1) * w->stride_w + 3 - w->pad_w, right = reach > w->in_w;
    bw_depthwise_row_xcv row = {{0},
                                0,
                                p->table,
                                w->in_c / 2,
                                w->in_c,
                                p->output_zero_point,
                                padding & 0xFFFFFFU,
                                w->pad_w,
                                w->out_w - right,
                                right,
                                2 - (reach - right) * w->in_c,
                                2 - w->out_w * w->in_c,
                                p->output_zero_point == -128};
    return row;
}

void bw_depthwise_conv_3x3_s8_xcv(const bw_depthwise_conv_3x3_s8_xcv_params *p, const int8_t *input, int8_t *output,
                                  void *scratch) {
    const bw_window *w = &p->window;
    const uint32_t padding = (uint32_t)(uint8_t)p->input_zero_point * 0x01010101U;
    const bw_depthwise_row_xcv first = first_row(p, padding);
    const bw_share share = bw_share_of(w->batch * w->out_h);
    int8_t *ring = bw_scratch_of(scratch, 3 * w->in_w * w->in_c);
    const int32_t image = w->in_h * w->in_w * w->in_c;
    int32_t oy = share.begin % w->out_h;
    input += share.begin / w->out_h * image;
    for (int32_t line = share.begin, next = -w->pad_h; line < share.end; ++line) {
        const int32_t top = oy * w->stride_h - w->pad_h;
        for (next = next < top ? top : next; next < top + 3; ++next) {
            keep_row(w, input, ring, next, padding);
        }
        bw_depthwise_row_xcv row = first;
        for (int32_t ky = 0; ky < 3; ++ky) {
            row.rows[ky] = slot(w, ring, top + ky);
        }
        row.output = output + line * w->out_w * w->in_c;
        if (w->stride_w == 1) {
            bw_depthwise_row_1_s8_xcv(&row);
        } else {
            bw_depthwise_row_2_s8_xcv(&row);
        }
        if (++oy == w->out_h) {
            oy = 0;
            next = -w->pad_h;
            input += image;
        }
    }
}
