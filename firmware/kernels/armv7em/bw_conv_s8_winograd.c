#include "bw_conv_s8_winograd.h"

#include <string.h>

#include "bw_pairs_s8.h"
#include "bw_taps_s8.h"
#include "bw_winograd_outputs_s8.h"

/* A tile: its image, the input row and column of its first element, and where its outputs go. */
typedef struct {
    const int8_t *image;
    int8_t *output;
    int32_t y, x;
} place;

#define MOST_COLUMNS (4 * BW_TILES)

/* Scratch. */
typedef struct {
    uint32_t *inputs;
    int32_t *sums; /* columns before there are any */
    const int8_t **pixels;
    int8_t *copies; /* of pixels whose channels are no multiple of four; before them, padding */
} memory;

/* The tile after one, in raster order. */
static void advance(const bw_window *w, int32_t out_c, place *next) {
    next->x += 2;
    if (next->x + w->pad_w >= w->out_w) {
        next->x = -w->pad_w;
        next->y += 2;
        if (next->y + w->pad_h >= w->out_h) {
            next->y = -w->pad_h;
            next->image += w->in_h * w->in_w * w->in_c;
            next->output += w->out_h * w->out_w * out_c;
        }
    }
}

/* The four pixels of one column of a tile. */
static void column_of(const bw_window *w, const place *tile, int32_t x, const int8_t **pixels, const int8_t *padding) {
    const int32_t row = w->in_w * w->in_c, y = tile->y;
    const int8_t *const from = tile->image + y * row + x * w->in_c;
    const int inside = x >= 0 && x < w->in_w;
    if (inside && y >= 0 && y + 4 <= w->in_h) {
        pixels[0] = from;
        pixels[1] = from + row;
        pixels[2] = from + 2 * row;
        pixels[3] = from + 3 * row;
        return;
    }
    for (int32_t i = 0; i < 4; ++i) {
        pixels[i] = inside && y + i >= 0 && y + i < w->in_h ? from + i * row : padding;
    }
}

/* Pixels with as many channels as four at a time need. */
static void copy_pixels(const memory *m, int32_t pixels, int32_t channels) {
    const int32_t padded = (channels + 3) / 4 * 4;
    int8_t *to = m->copies;
    for (int32_t i = 0; i < pixels; ++i) {
        if (m->pixels[i] != m->copies) {
            to += padded;
            for (int32_t c = 0; c < channels; ++c) {
                to[c] = m->pixels[i][c];
            }
            m->pixels[i] = to;
        }
    }
}

static void transform(const bw_conv_s8_winograd_params *p, const place *tiles, const memory *m) {
    const bw_window *w = &p->window;
    uint32_t *const columns = (uint32_t *)m->sums;
    bw_winograd_patches patches = {m->pixels, 0, (w->in_c + 3) / 4, p->chunks * p->steps * 16, {0}};
    for (int32_t i = 0; i < BW_TILES; ++i) {
        const place *const tile = &tiles[i], *const before = &tiles[i > 0 ? i - 1 : 0];
        const int in_row = i > 0 && tile->image == before->image && tile->y == before->y;
        const int32_t shared = in_row ? 4 - (tile->x - before->x) : 0; /* 2, or 4 of the same tile again */
        patches.first[i] = columns + BW_COLUMN * (patches.columns - shared);
        for (int32_t x = tile->x + shared; x < tile->x + 4; ++x) {
            column_of(w, tile, x, m->pixels + 4 * patches.columns, m->copies);
            ++patches.columns;
        }
    }
    if (w->in_c % 4 != 0) {
        copy_pixels(m, 4 * patches.columns, w->in_c);
    }
    bw_winograd_inputs_s8(&patches, columns, m->inputs);
}

/* The last sums of each position alone. */
static void last_of_each(int32_t *sums, int32_t chunks) {
    const int32_t *from = sums;
    for (int32_t position = 0; position < BW_POSITIONS; ++position) {
        from += 2 * BW_TILES * (chunks - 1);
        for (int32_t i = 0; i < 2 * BW_TILES; ++i) {
            *sums++ = *from++;
        }
    }
}

static void multiply(const bw_conv_s8_winograd_params *p, const bw_winograd_tile *tiles, const memory *m) {
    const bw_winograd_shape shape = {p->steps, BW_POSITIONS * p->chunks};
    const int32_t *head = p->pairs;
    for (int32_t channel = 0; channel < p->out_c; channel += 2) {
        bw_winograd_sums_s8(head, m->inputs, m->sums, &shape);
        if (p->chunks > 1) {
            last_of_each(m->sums, p->chunks);
        }
        for (int32_t i = 0; i < 2 && channel + i < p->out_c; ++i) {
            const int32_t *const sums = m->sums + BW_TILES * i, *const requantization = head + 2 + 2 * i;
            if (p->rectified) {
                bw_winograd_rectified_s8(sums, tiles, requantization, channel + i);
            } else {
                bw_winograd_rounded_s8(sums, tiles, requantization, channel + i, p->offset);
            }
        }
        head += BW_WINOGRAD_HEAD + 2 * BW_POSITIONS * p->chunks * p->steps;
    }
}

static bw_winograd_tile tile_of(const bw_window *w, int32_t out_c, const place *at) {
    const int32_t y = at->y + w->pad_h, x = at->x + w->pad_w;
    const bw_winograd_tile tile = {at->output + (y * w->out_w + x) * out_c, y + 1 < w->out_h ? w->out_w * out_c : 0,
                                   x + 1 < w->out_w ? out_c : 0};
    return tile;
}

static void clamp(const bw_conv_s8_winograd_params *p, const bw_winograd_tile *tile) {
    const int32_t bytes = p->out_c + tile->column;
    bw_clamp_run(tile->to, bytes, p->low, p->high);
    bw_clamp_run(tile->to + tile->row, bytes, p->low, p->high);
}

static memory laid_out(const bw_conv_s8_winograd_params *p, void *scratch) {
    const bw_window *w = &p->window;
    const int32_t quads = (w->in_c + 3) / 4, sums = 2 * BW_TILES * BW_POSITIONS * p->chunks;
    uint32_t *const inputs = scratch;
    int32_t *const words = (int32_t *)inputs + BW_POSITIONS * BW_TILES * p->chunks * p->steps;
    const int8_t **pixels = bw_taps_in(words + sums);
    const memory m = {inputs, words, pixels, (int8_t *)(pixels + 4 * MOST_COLUMNS)};
    memset(m.copies, p->input_zero_point, (size_t)(4 * quads));
    if (2 * quads < p->chunks * p->steps) {
        memset(inputs, 0, (size_t)(4 * BW_POSITIONS * BW_TILES * p->chunks * p->steps));
    }
    return m;
}

void bw_conv_s8_winograd(const bw_conv_s8_winograd_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *w = &p->window;
    const memory m = laid_out(p, scratch);
    place next = {input, output, -w->pad_h, -w->pad_w};
    for (int32_t left = w->batch * ((w->out_h + 1) / 2) * ((w->out_w + 1) / 2); left > 0; left -= BW_TILES) {
        place tiles[BW_TILES];
        bw_winograd_tile outputs[BW_TILES];
        for (int32_t i = 0; i < BW_TILES; ++i) {
            tiles[i] = next;
            outputs[i] = tile_of(w, p->out_c, &next);
            if (i + 1 < left) { /* the last tile takes the place of those that are missing */
                advance(w, p->out_c, &next);
            }
        }
        transform(p, tiles, &m);
        multiply(p, outputs, &m);
        for (int32_t i = 0; i < BW_TILES && i < left && !p->rectified; ++i) {
            clamp(p, &outputs[i]);
        }
    }
}
