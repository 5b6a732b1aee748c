#include "bw_depthwise_conv_s8_xcv.h"

#include "bw_cores.h"
#include "bw_depthwise_line_s8_xcv.h"
#include "bw_words_xcv.h"

static uint32_t last_byte(const int32_t *word) { return (uint32_t)*word >> 24; }

/* Bias, multiplier and third word of four channels. */
static void unpack(const bw_depthwise_conv_s8_xcv_params *p, const int32_t *table, int32_t *to) {
    const int32_t last = (p->window.kernel_h - 1) / 4 * p->window.kernel_w, end = p->table_words;
    for (int32_t i = 0; i < 4; ++i, table += end, to += 3) {
        const int32_t *w = table + last;
        to[1] = table[end - 1];
        to[0] =
            p->packing == BW_PACKED_BIAS
                ? (int32_t)(last_byte(w + 3) | last_byte(w + 4) << 8 | last_byte(w + 5) << 16 | last_byte(w + 6) << 24)
                : table[end - 2];
        if (p->packing >= BW_PACKED_THIRD) {
            to[2] = (w[2] >> 24) * 65536 + (int32_t)(last_byte(w) | last_byte(w + 1) << 8);
        } else if (p->packing == BW_PACKED_SHIFT) {
            to[2] = (int32_t)last_byte(w);
        } else {
            to[2] = p->packing == BW_PACKED_BEHIND ? table[end - 3] >> 8 : table[end - 3];
        }
    }
}

/* Columns of four channels for the row of outputs whose windows begin at row `top`. Rows outside the image are padding,
 * rows outside the window are zero. */
static void columns(const bw_depthwise_conv_s8_xcv_params *p, const int8_t *input, int32_t top, int8_t *to,
                    const int8_t *padding, const int8_t *zero) {
    const bw_window *w = &p->window;
    for (int32_t first = 0; first < w->kernel_h; first += 4, to += 16 * p->columns) {
        bw_four_rows_xcv rows;
        for (int32_t i = 0; i < 4; ++i) {
            const int32_t y = top + (first + i) * w->dilation_h;
            const int32_t inside = first + i < w->kernel_h && y >= 0 && y < w->in_h;
            rows.at[i] = inside ? input + y * p->pitch : first + i < w->kernel_h ? padding : zero;
            rows.step[i] = inside ? p->pixel : 0;
        }
        bw_columns_of_four_xcv(to + 16 * w->pad_w, &rows, w->in_w);
    }
}

void bw_depthwise_conv_s8_xcv(const bw_depthwise_conv_s8_xcv_params *p, const int8_t *input, int8_t *output,
                              void *scratch) {
    const bw_window *w = &p->window;
    const int32_t fours = (w->kernel_h + 3) / 4, pitch = 16 * p->columns, alone = w->kernel_h % 4 == 1;
    bw_share share, groups;
    bw_share_either(w->batch * w->out_h, w->in_c / 4, &share, &groups);
    int8_t *kept = bw_scratch_of(scratch, fours * pitch + 8), *padding = kept + fours * pitch;
    const uint32_t word = (uint32_t)(uint8_t)p->input_zero_point * 0x01010101U;
    bw_fill_words_xcv(kept, word, fours * pitch / 4 + 1);
    bw_fill_words_xcv(kept + (fours - 1) * pitch, word >> 8 * (-w->kernel_h & 3), pitch / 4);
    bw_fill_words_xcv(padding + 4, 0, 1);
    int32_t oy = share.begin % w->out_h;
    input += share.begin / w->out_h * p->image;
    output += share.begin * w->out_w * w->in_c;
    for (int32_t line = share.begin; line < share.end; ++line) {
        for (int32_t c = 4 * groups.begin; c < 4 * groups.end; c += 4) {
            const int32_t *table = p->table + c * p->table_words;
            int32_t constants[12];
            bw_depthwise_line_xcv part = {kept,
                                          (const int8_t *)table,
                                          output + c,
                                          w->out_w,
                                          w->in_c,
                                          16 * w->stride_w,
                                          16 * w->dilation_w,
                                          w->kernel_w,
                                          fours - alone,
                                          pitch,
                                          4 * p->table_words,
                                          p->output_zero_point,
                                          p->rectified,
                                          4,
                                          constants,
                                          alone};
            unpack(p, table, constants);
            columns(p, input + c, oy * w->stride_h - w->pad_h, kept, padding, padding + 4);
            bw_depthwise_line_s8_xcv(&part);
        }
        output += w->out_w * w->in_c;
        if (++oy == w->out_h) {
            oy = 0;
            input += p->image;
        }
    }
}
