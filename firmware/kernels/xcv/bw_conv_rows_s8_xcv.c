#include "bw_conv_rows_s8_xcv.h"

#include "bw_words_xcv.h"

static int8_t *slot(const bw_conv_rows_s8_xcv_params *p, int8_t *lines, int32_t y) {
    const bw_window *w = &p->window;
    return lines + (y + w->pad_h) % w->kernel_h * p->line; /* y >= -pad_h */
}

/* Row y of an image, or padding, to its place; what stands left and right of it there is padding already. */
static void keep_row(const bw_conv_rows_s8_xcv_params *p, const int8_t *image, int8_t *lines, int32_t y) {
    const bw_window *w = &p->window;
    const int32_t bytes = w->in_w * w->in_c, before = w->pad_w * w->in_c;
    const int8_t *from = image + y * bytes;
    int8_t *to = slot(p, lines, y);
    if (y < 0 || y >= w->in_h) {
        bw_fill_words_xcv(to, (uint32_t)(uint8_t)p->input_zero_point * 0x01010101U, p->line / 4);
    } else if (p->copy == BW_ROWS_WINDOWS) {
        int8_t *raw = lines + w->kernel_h * p->line + p->lead;
        bw_copy_bytes_xcv(raw, from, bytes);
        bw_copy_box_xcv(to, raw - before, w->out_w, p->row / 4, w->stride_w * w->in_c);
    } else if (p->copy == BW_ROWS_THREES) {
        bw_copy_threes_xcv(to + w->pad_w * 4, from, w->in_w / 4);
    } else {
        bw_copy_words_xcv(to + before, from, bytes / 4);
    }
}

void bw_conv_rows_s8_xcv(const bw_conv_rows_s8_xcv_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *w = &p->window;
    bw_share share, groups;
    const int32_t pitch = w->in_w * w->in_c;
    bw_share_either(w->batch * w->out_h, p->channels.count / 4, &share, &groups);
    const int32_t kept = w->kernel_h * p->line + p->raw;
    int8_t *lines = bw_scratch_of(scratch, kept);
    const int8_t *rows[BW_CONV_ROWS_XCV] = {0}; /* where those of the next windows stand */
    bw_tile_xcv tile = bw_tile_of_xcv(&p->channels, groups, w->kernel_h, p->row / 4);
    tile.rows = rows;
    tile.rows_end = rows + w->kernel_h;
    tile.step = p->step;
    if (groups.end == groups.begin) {
        return;
    }
    bw_fill_words_xcv(lines, (uint32_t)(uint8_t)p->input_zero_point * 0x01010101U, kept / 4);
    int32_t oy = share.begin % w->out_h;
    input += share.begin / w->out_h * w->in_h * pitch;
    for (int32_t row = share.begin, next = -w->pad_h; row < share.end; ++row) {
        const int32_t top = oy * w->stride_h - w->pad_h;
        if (p->copy != BW_ROWS_IN_PLACE) {
            for (next = next < top ? top : next; next < top + w->kernel_h; ++next) {
                keep_row(p, input, lines, next);
            }
        }
        for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
            rows[ky] = p->copy != BW_ROWS_IN_PLACE ? slot(p, lines, top + ky) : input + (top + ky) * pitch;
        }
        tile.output = output + row * w->out_w * p->channels.count + 4 * groups.begin;
        bw_tile_pixels_xcv(&tile, w->out_w);
        if (++oy == w->out_h) {
            oy = 0;
            next = -w->pad_h;
            input += w->in_h * pitch;
        }
    }
}
