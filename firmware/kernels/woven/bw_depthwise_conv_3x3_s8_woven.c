#include "bw_depthwise_conv_3x3_s8_woven.h"

#include "bw_fixedpoint.h"
#include "bw_woven_dot_s8.h"
#include "bw_woven_line_s8.h"

#define LINES 3
#define TAPS  9

/* A row of `count` elements, `step` bytes apart, woven with the next one each; `before` elements of padding before it
 * and as many as are missing after it. */
static void weave_1(const int8_t *from, int32_t step, int32_t count, int32_t before, int32_t point, uint32_t *words,
                    int32_t size) {
    uint32_t *const end = words + size;
    int32_t last = point;
    if (before == 0) {
        last = *from;
        from += step;
        --count;
    }
    for (; count > 0 && words != end; --count) {
        const int32_t next = *from;
        from += step;
        *words++ = (uint32_t)(last + next * BW_WEAVE);
        last = next;
    }
    for (; words != end; last = point) {
        *words++ = (uint32_t)(last + point * BW_WEAVE);
    }
}

/* The same with the next but one. */
static void weave_2(const int8_t *from, int32_t step, int32_t count, int32_t before, int32_t point, uint32_t *words,
                    int32_t size) {
    uint32_t *const end = words + size;
    int32_t first = point, second = *from;
    from += step;
    --count;
    if (before == 0) {
        first = second;
        second = *from;
        from += step;
        --count;
    }
    for (; count > 0 && words != end; --count) {
        const int32_t next = *from;
        from += step;
        *words++ = (uint32_t)(first + next * BW_WEAVE);
        first = second;
        second = next;
    }
    for (; words != end; second = point) {
        *words++ = (uint32_t)(first + point * BW_WEAVE);
        first = second;
    }
}

/* Row y of one channel, which may be above or below the input. */
static void weave_row(const bw_depthwise_conv_3x3_s8_woven_params *p, const int8_t *channel, int32_t y,
                      uint32_t *words) {
    const bw_window *const w = &p->window;
    const int32_t point = p->input_zero_point;
    const int8_t *const from = channel + y * w->in_w * w->in_c;
    if (y < 0 || y >= w->in_h) {
        for (int32_t i = 0; i < p->words; ++i) {
            words[i] = (uint32_t)(point + point * BW_WEAVE);
        }
    } else if (w->stride_w == 1) {
        weave_1(from, w->in_c, w->in_w, w->pad_w, point, words, p->words);
    } else {
        weave_2(from, w->in_c, w->in_w, w->pad_w, point, words, p->words);
    }
}

/* All outputs of one channel of an image. The lines are a ring: row y is in line y modulo 3 from the first row on. */
static void convolve(const bw_depthwise_conv_3x3_s8_woven_params *p, const int8_t *input, int8_t *output,
                     const bw_woven_channel *channel, const int32_t *weights, uint32_t *words) {
    const bw_window *const w = &p->window;
    int32_t y = -w->pad_h, line = 0, first = 0;
    for (int32_t oy = 0; oy < w->out_h; ++oy) {
        for (const int32_t end = oy * w->stride_h - w->pad_h + LINES; y < end; ++y) {
            weave_row(p, input, y, words + line * p->words);
            line = line == LINES - 1 ? 0 : line + 1;
        }
        const int32_t *const turned = weights + (first == 0 ? 0 : LINES * (LINES - first));
        if (w->stride_w == 1) {
            bw_woven_line_stride1_s8(turned, words, output, channel);
        } else {
            bw_woven_line_stride2_s8(turned, words, output, channel);
        }
        output += w->out_w * w->in_c;
        for (int32_t i = 0; i < w->stride_h; ++i) {
            first = first == LINES - 1 ? 0 : first + 1;
        }
    }
}

void bw_depthwise_conv_3x3_s8_woven(const bw_depthwise_conv_3x3_s8_woven_params *p, const int8_t *input, int8_t *output,
                                    void *scratch) {
    const bw_window *const w = &p->window;
    const int32_t in_size = w->in_h * w->in_w * w->in_c, out_size = w->out_h * w->out_w * w->in_c;
    int32_t *const weights = scratch;
    uint32_t *const words = (uint32_t *)(weights + TAPS + 2 * LINES);
    bw_woven_channel channel = {0, 0, 0, w->in_c, w->out_w / BW_WOVEN, w->out_w % BW_WOVEN, 4 * p->words};
    for (int32_t c = 0; c < w->in_c; ++c) {
        for (int32_t i = 0; i < TAPS + 2 * LINES; ++i) {
            weights[i] = p->weights[TAPS * c + (i < TAPS ? i : i - TAPS)];
        }
        channel.multiplier = p->multiplier[c];
        channel.head = (2 * p->output_zero_point + 1) * 256 + p->right[c] - 1;
        channel.bias = 2 * p->bias[c];
        for (int32_t b = 0; b < w->batch; ++b) {
            convolve(p, input + b * in_size + c, output + b * out_size + c, &channel, weights, words);
        }
    }
    if (p->low > INT8_MIN || p->high < INT8_MAX) {
        for (int32_t i = 0; i < w->batch * out_size; ++i) {
            output[i] = (int8_t)bw_clamp(output[i], p->low, p->high);
        }
    }
}
