#include "bw_conv_s8_quad.h"

#include <string.h>

/* An output pixel's window: its image and the input row and column of its first tap, which may be in the padding. */
typedef struct {
    const int8_t *image;
    int32_t y, x;
} place;

/* The window of the next output pixel in raster order. */
static place after(const bw_window *w, place at) {
    at.x += w->stride_w;
    if (at.x == w->out_w * w->stride_w - w->pad_w) {
        at.x = -w->pad_w;
        at.y += w->stride_h;
        if (at.y == w->out_h * w->stride_h - w->pad_h) {
            at.y = -w->pad_h;
            at.image += w->in_h * w->in_w * w->in_c;
        }
    }
    return at;
}

/* Whether a window is made of whole rows without padding or dilation. */
static int is_whole(const bw_window *w, const place *at) {
    return w->dilation_w == 1 && at->y >= 0 && at->x >= 0 && at->y + (w->kernel_h - 1) * w->dilation_h < w->in_h &&
           at->x + w->kernel_w <= w->in_w;
}

static uint32_t *pack_rows(const bw_window *w, const place places[BW_QUAD], uint32_t *columns) {
    const int8_t *from[BW_QUAD];
    for (int32_t c = 0; c < BW_QUAD; ++c) {
        from[c] = places[c].image + (places[c].y * w->in_w + places[c].x) * w->in_c;
    }
    for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
        columns = bw_pack_quad_s8(from, w->kernel_w * w->in_c, columns);
        for (int32_t c = 0; c < BW_QUAD; ++c) {
            from[c] += w->dilation_h * w->in_w * w->in_c;
        }
    }
    return columns;
}

static uint32_t *pack_taps(const bw_window *w, const place places[BW_QUAD], const int8_t *padding, uint32_t *columns) {
    for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
        for (int32_t kx = 0; kx < w->kernel_w; ++kx) {
            const int8_t *from[BW_QUAD];
            for (int32_t c = 0; c < BW_QUAD; ++c) {
                const int32_t y = places[c].y + ky * w->dilation_h, x = places[c].x + kx * w->dilation_w;
                const int inside = y >= 0 && y < w->in_h && x >= 0 && x < w->in_w;
                from[c] = inside ? places[c].image + (y * w->in_w + x) * w->in_c : padding;
            }
            columns = bw_pack_quad_s8(from, w->in_c, columns);
        }
    }
    return columns;
}

void bw_conv_s8_quad(const bw_conv_s8_quad_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *w = &p->window;
    uint32_t *columns = scratch, *end = columns + 2 * p->quad.taps;
    int8_t *padding = (int8_t *)end;
    memset(padding, p->input_zero_point, (size_t)w->in_c);
    place next = {input, -w->pad_h, -w->pad_w};
    for (int32_t left = w->batch * w->out_h * w->out_w; left > 0; left -= BW_QUAD) {
        place places[BW_QUAD];
        int8_t *to[BW_QUAD];
        int whole = 1;
        for (int32_t c = 0; c < BW_QUAD; ++c) { /* columns beyond the last pixel are the last pixel again */
            places[c] = c < left ? next : places[c - 1];
            to[c] = c < left ? output : to[c - 1];
            if (c < left) {
                whole = whole && is_whole(w, &next);
                next = after(w, next);
                output += p->quad.channels;
            }
        }
        uint32_t *rest = whole ? pack_rows(w, places, columns) : pack_taps(w, places, padding, columns);
        while (rest != end) {
            *rest++ = 0;
        }
        bw_quad_s8(&p->quad, columns, to);
    }
}
