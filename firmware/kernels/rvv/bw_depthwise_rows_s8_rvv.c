#include "bw_depthwise_rows_s8_rvv.h"

#include "bw_span.h"

/* Weights and constants of a group's lanes. */
typedef struct {
    int32_t lanes;
    const int8_t *weights;
    bw_requantize_rvv requantize;
} repeated;

static int8_t *repeat(int8_t *to, const void *from, int32_t size, int32_t times) {
    for (; times > 0; --times) {
        bw_copy_bytes(to, from, size);
        to += size;
    }
    return to;
}

/* Those of p, or copies of them as often as a group has pixels; `after` is where the scratch goes on. */
static repeated repeat_all(const bw_depthwise_rows_s8_rvv_params *p, int8_t *scratch, int8_t **after) {
    const int32_t channels = p->window.in_c, together = p->together, words = 4 * channels * together;
    repeated r = {channels * together, p->weights, p->requantize};
    *after = scratch;
    if (together > 1) {
        int8_t *const multiplier = scratch + words, *const right = multiplier + words;
        int8_t *weights = right + channels * together;
        repeat(scratch, p->requantize.bias, 4 * channels, together);
        repeat(multiplier, p->requantize.multiplier, 4 * channels, together);
        repeat(right, p->requantize.right, channels, together);
        r.requantize.bias = (const void *)scratch;
        r.requantize.multiplier = (const void *)multiplier;
        r.requantize.right = right;
        r.weights = weights;
        for (int32_t tap = 0; tap < p->window.kernel_h * p->window.kernel_w; ++tap) {
            weights = repeat(weights, p->weights + tap * channels, channels, together);
        }
        *after = weights;
    }
    return r;
}

/* A row of three taps for pixels a and b, one column apart. */
static inline void sliding_taps(const int8_t *weights, const int8_t *x, int32_t step, bw_words *a, bw_words *b,
                                size_t n) {
    const bw_halfwords w0 = bw_load_bytes(weights, n), x0 = bw_load_bytes(x, n);
    *a = bw_mac_each(*a, x0, w0, n);
    const bw_halfwords w1 = bw_load_bytes(weights + step, n), x1 = bw_load_bytes(x + step, n);
    *a = bw_mac_each(*a, x1, w1, n);
    *b = bw_mac_each(*b, x1, w0, n);
    const bw_halfwords w2 = bw_load_bytes(weights + 2 * step, n), x2 = bw_load_bytes(x + 2 * step, n);
    *a = bw_mac_each(*a, x2, w2, n);
    *b = bw_mac_each(*b, x2, w1, n);
    *b = bw_mac_each(*b, bw_load_bytes(x + 3 * step, n), w2, n);
}

/* A row of taps for groups a and b, `apart` bytes apart. */
static inline void taps(const int8_t *weights, int32_t lanes, const int8_t *x, int32_t step, int32_t count,
                        int32_t apart, bw_words *a, bw_words *b, size_t n) {
    for (; count > 0; --count) {
        const bw_halfwords tap = bw_load_bytes(weights, n);
        *a = bw_mac_each(*a, bw_load_bytes(x, n), tap, n);
        *b = bw_mac_each(*b, bw_load_bytes(x + apart, n), tap, n);
        weights += lanes;
        x += step;
    }
}

/* n lanes of all groups of a row of outputs; the window of the first starts at rows[0..] + lane. */
static void row_of_lanes(const bw_depthwise_rows_s8_rvv_params *restrict p, const repeated *restrict r,
                         const int8_t *const *restrict rows, int32_t lane, size_t n, int8_t *output) {
    const int32_t step = p->window.in_c, width = p->window.kernel_w, lanes = r->lanes;
    const int32_t apart = p->window.stride_w * lanes, sliding = width == 3 && apart == step;
    const int8_t *const *const end = rows + p->window.kernel_h;
    int32_t at = lane;
    for (int32_t left = p->window.out_w * step - lane; left > 0; left -= 2 * lanes) {
        const int8_t *weights = r->weights + lane;
        bw_words a = bw_load_words(r->requantize.bias + lane, n), b = a;
        for (const int8_t *const *row = rows; row < end; ++row) {
            if (sliding) {
                sliding_taps(weights, *row + at, step, &a, &b, n);
            } else {
                taps(weights, lanes, *row + at, step, width, apart, &a, &b, n);
            }
            weights += width * lanes;
        }
        bw_round_rvv(&r->requantize, lane, &a, &b, 0, n);
        const size_t first = left < (int32_t)n ? (size_t)left : n;
        bw_store_bytes(output, bw_clamp_rvv(&r->requantize, a, first), first);
        if (left > lanes) {
            const size_t second = left - lanes < (int32_t)n ? (size_t)(left - lanes) : n;
            bw_store_bytes(output + lanes, bw_clamp_rvv(&r->requantize, b, second), second);
        }
        output += 2 * lanes;
        at += 2 * apart;
    }
}

/* Row y of an image, with padding. */
static void copy_row(const bw_depthwise_rows_s8_rvv_params *p, const int8_t *image, int32_t y, int8_t *copy) {
    const bw_window *w = &p->window;
    const bw_span span = bw_span_of(-w->pad_w, p->reach, w->in_w);
    const int32_t inside = y >= 0 && y < w->in_h ? (span.end - span.begin) * w->in_c : 0;
    const int32_t before = inside ? w->pad_w * w->in_c : 0;
    bw_fill_bytes(copy, p->input_zero_point, before);
    bw_copy_bytes(copy + before, image + y * w->in_w * w->in_c, inside);
    bw_fill_bytes(copy + before + inside, p->input_zero_point, p->reach * w->in_c - before - inside);
}

void bw_depthwise_rows_s8_rvv(const bw_depthwise_rows_s8_rvv_params *p, const int8_t *input, int8_t *output,
                              void *scratch) {
    const bw_window *w = &p->window;
    const int32_t bytes = p->reach * w->in_c;
    int8_t *copies = 0;
    const repeated r = repeat_all(p, scratch, &copies);
    const int8_t *rows[BW_ROWS] = {0};
    for (int32_t b = 0; b < w->batch; ++b) {
        int32_t next = 0; /* row to copy, counted from the first row of padding */
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            const int32_t top = oy * w->stride_h;
            for (next = next < top ? top : next; next < top + w->kernel_h; ++next) {
                copy_row(p, input, next - w->pad_h, copies + next % w->kernel_h * bytes);
            }
            for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
                rows[ky] = copies + (top + ky) % w->kernel_h * bytes;
            }
            for (int32_t lane = 0; lane < r.lanes;) {
                const size_t n = bw_lanes(r.lanes - lane);
                row_of_lanes(p, &r, rows, lane, n, output + lane);
                lane += (int32_t)n;
            }
            output += w->out_w * w->in_c;
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
