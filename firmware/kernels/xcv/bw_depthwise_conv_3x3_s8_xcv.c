#include "bw_depthwise_conv_3x3_s8_xcv.h"

#include "bw_cores.h"
#include "bw_depthwise_row_s8_xcv.h"
#include "bw_words_xcv.h"

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
    const int32_t pitch = w->in_w * w->in_c;
    const uint32_t padding = (uint32_t)(uint8_t)p->input_zero_point * 0x01010101U;
    bw_depthwise_row_xcv first = first_row(p, padding);
    bw_share share, pairs;
    bw_share_either(w->batch * w->out_h, w->in_c / 2, &share, &pairs);
    first.table += 9 * pairs.begin;
    first.pairs = pairs.end - pairs.begin;
    if (first.pairs == 0) {
        return;
    }
    int8_t *outside = bw_scratch_of(scratch, pitch);
    if (p->padded) {
        bw_fill_words_xcv(outside, padding, pitch / 4);
    }
    int32_t oy = share.begin % w->out_h;
    input += share.begin / w->out_h * w->in_h * pitch;
    for (int32_t line = share.begin; line < share.end; ++line) {
        bw_depthwise_row_xcv row = first;
        for (int32_t ky = 0; ky < 3; ++ky) {
            const int32_t y = oy * w->stride_h - w->pad_h + ky;
            row.rows[ky] = (y >= 0 && y < w->in_h ? input + y * pitch : outside) + 2 * pairs.begin;
        }
        row.output = output + line * w->out_w * w->in_c + 2 * pairs.begin;
        if (w->stride_w == 1) {
            bw_depthwise_row_1_s8_xcv(&row);
        } else {
            bw_depthwise_row_2_s8_xcv(&row);
        }
        if (++oy == w->out_h) {
            oy = 0;
            input += w->in_h * pitch;
        }
    }
}
