#include "bw_depthwise_planes_s8_xcv.h"

#include "bw_cores.h"
#include "bw_plane_s8_xcv.h"
#include "bw_words_xcv.h"

/* Scratch: the columns of p->kept pairs of rows, a word of padding, and one that nobody reads. */
typedef struct {
    int8_t *columns;
    int32_t row; /* bytes of the columns of one pair of rows */
    int8_t *padding, *ignored;
} bw_planes_scratch;

static bw_planes_scratch prepare(const bw_depthwise_planes_s8_xcv_params *p, void *scratch) {
    bw_planes_scratch s = {scratch, 16 * (p->width + 2), 0, 0};
    s.columns = bw_scratch_of(scratch, s.row * p->kept + 8);
    s.padding = s.columns + s.row * p->kept;
    s.ignored = s.padding + 4;
    bw_fill_words_xcv(s.columns, (uint32_t)(uint8_t)p->input_zero_point * 0x01010101U, s.row * p->kept / 4 + 1);
    return s;
}

/* Columns of two more rows, from y on, to `to`, where those of the rows before are at `from`. */
static void next_columns(const bw_depthwise_planes_s8_xcv_params *p, const bw_planes_scratch *s, const int8_t *input,
                         int32_t y, const int8_t *from, int8_t *to) {
    const int32_t pitch = p->width * p->channels;
    const int32_t a = y >= 0 && y < p->height, b = y + 1 < p->height; /* y + 1 >= 0 */
    bw_plane_columns_xcv(from + 16, to + 16, a ? input + y * pitch : s->padding,
                         b ? input + (y + 1) * pitch : s->padding, a ? p->channels : 0, b ? p->channels : 0, p->width);
}

/* Some pairs of rows of four channels, or a last row alone, with a companion that nobody reads. */
static void outputs(const bw_depthwise_planes_s8_xcv_params *p, const bw_planes_scratch *s, const int8_t *columns,
                    const int32_t *table, int8_t *output, int32_t pairs, int32_t alone) {
    const int32_t pitch = p->width * p->channels, step = p->channels;
    bw_plane_xcv plane = {columns + 32,
                          table,
                          output,
                          alone ? s->ignored : output + pitch,
                          p->width,
                          step,
                          alone ? 0 : step,
                          pitch,
                          pairs,
                          p->output_zero_point,
                          p->rectified,
                          4};
    bw_planes_s8_xcv(&plane);
}

/* Rows begin to end - 1 of four channels of one image. */
static void group(const bw_depthwise_planes_s8_xcv_params *p, const bw_planes_scratch *s, const int8_t *input,
                  const int32_t *table, int8_t *output, int32_t begin, int32_t end) {
    const int8_t *last = s->columns;
    next_columns(p, s, input, begin - 1, last, s->columns);
    for (int32_t y = begin, rows; y < end; y += rows) {
        rows = end - y < 2 * p->kept ? end - y : 2 * p->kept;
        int8_t *to = s->columns;
        for (int32_t row = 0; row < rows; row += 2, to += s->row) {
            next_columns(p, s, input, y + row + 1, last, to);
            last = to;
        }
        int8_t *at = output + y * p->width * p->channels;
        if (rows > 1) {
            outputs(p, s, s->columns, table, at, rows / 2, 0);
        }
        if (rows % 2 != 0) {
            outputs(p, s, last, table, at + (rows - 1) * p->width * p->channels, 1, 1);
        }
    }
}

void bw_depthwise_planes_s8_xcv(const bw_depthwise_planes_s8_xcv_params *p, const int8_t *input, int8_t *output,
                                void *scratch) {
    const bw_planes_scratch s = prepare(p, scratch);
    const int32_t groups = p->channels / 4, image = p->height * p->width * p->channels;
    /* Two pieces of work for every core, if there are that many rows. */
    const int32_t wanted = (2 * BW_CORES + groups - 1) / groups, most = (p->height + 3) / 4;
    const int32_t bands = BW_CORES == 1 ? 1 : wanted < most ? wanted : most;
    const bw_share share = bw_share_of(p->batch * bands * groups);
    for (int32_t piece = share.begin; piece < share.end; ++piece) {
        const int32_t g = piece % groups, band = piece / groups % bands,
                      offset = piece / groups / bands * image + 4 * g;
        group(p, &s, input + offset, p->table + 20 * g, output + offset, p->height * band / bands,
              p->height * (band + 1) / bands);
    }
}
