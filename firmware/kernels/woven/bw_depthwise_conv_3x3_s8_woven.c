#include "bw_depthwise_conv_3x3_s8_woven.h"

#include "bw_fixedpoint.h"
#include "bw_woven_dot_s8.h"
#include "bw_woven_line_s8.h"

#define LINES 3
#define TAPS  9

/* A line of `count` elements, `step` bytes apart, woven with the next one each; padding is what is missing. */
static void weave_1(const int8_t *from, const bw_woven_axis *along, int32_t point, uint32_t *words, int32_t size) {
    uint32_t *const end = words + size;
    const int32_t step = along->in_step;
    int32_t count = along->inputs, last = point;
    if (along->pad == 0) {
        last = *from;
        from += step;
        --count;
    }
    count = count < size ? count : size;
    for (; count > 1; count -= 2) {
        const int32_t next = *from;
        from += step;
        words[0] = (uint32_t)(last + next * BW_WEAVE);
        last = *from;
        from += step;
        words[1] = (uint32_t)(next + last * BW_WEAVE);
        words += 2;
    }
    if (count > 0) {
        const int32_t next = *from;
        *words++ = (uint32_t)(last + next * BW_WEAVE);
        last = next;
    }
    for (; words != end; last = point) {
        *words++ = (uint32_t)(last + point * BW_WEAVE);
    }
}

/* The same with the next but one. */
static void weave_2(const int8_t *from, const bw_woven_axis *along, int32_t point, uint32_t *words, int32_t size) {
    uint32_t *const end = words + size;
    const int32_t step = along->in_step;
    int32_t count = along->inputs - 1, first = point, second = *from;
    from += step;
    if (along->pad == 0) {
        first = second;
        second = *from;
        from += step;
        --count;
    }
    count = count < size ? count : size;
    for (; count > 1; count -= 2) {
        const int32_t third = *from;
        from += step;
        words[0] = (uint32_t)(first + third * BW_WEAVE);
        first = third;
        const int32_t fourth = *from;
        from += step;
        words[1] = (uint32_t)(second + fourth * BW_WEAVE);
        second = fourth;
        words += 2;
    }
    if (count > 0) {
        const int32_t third = *from;
        *words++ = (uint32_t)(first + third * BW_WEAVE);
        first = second;
        second = third;
    }
    for (; words != end; second = point) {
        *words++ = (uint32_t)(first + point * BW_WEAVE);
        first = second;
    }
}

/* Line y of one channel, which may be before or after the input. */
static void weave_line(const bw_depthwise_conv_3x3_s8_woven_params *p, const int8_t *channel, int32_t y,
                       uint32_t *words) {
    const int32_t point = p->input_zero_point;
    const int8_t *const from = channel + y * p->lines.in_step;
    if (y < 0 || y >= p->lines.inputs) {
        for (int32_t i = 0; i < p->words; ++i) {
            words[i] = (uint32_t)(point + point * BW_WEAVE);
        }
    } else if (p->along.stride == 1) {
        weave_1(from, &p->along, point, words, p->words);
    } else {
        weave_2(from, &p->along, point, words, p->words);
    }
}

/* All outputs of one channel of an image. Lines are woven into a ring of three; `first` is where the window begins. */
static void convolve(const bw_depthwise_conv_3x3_s8_woven_params *p, const int8_t *input, int8_t *output,
                     const bw_woven_channel *channel, const int32_t *weights, uint32_t *words) {
    int32_t y = -p->lines.pad, line = 0, first = 0;
    for (int32_t oy = 0; oy < p->lines.outputs; ++oy) {
        for (const int32_t end = oy * p->lines.stride - p->lines.pad + LINES; y < end; ++y) {
            weave_line(p, input, y, words + line * p->words);
            line = line == LINES - 1 ? 0 : line + 1;
        }
        const int32_t *const turned = weights + (first == 0 ? 0 : LINES * (LINES - first));
        if (p->along.stride == 1) {
            bw_woven_line_stride1_s8(turned, words, output, channel);
        } else {
            bw_woven_line_stride2_s8(turned, words, output, channel);
        }
        output += p->lines.out_step;
        first += p->lines.stride;
        first -= first >= LINES ? LINES : 0;
    }
}

void bw_depthwise_conv_3x3_s8_woven(const bw_depthwise_conv_3x3_s8_woven_params *p, const int8_t *input, int8_t *output,
                                    void *scratch) {
    const int32_t turns = p->along.outputs / BW_WOVEN, rest = p->along.outputs - turns * BW_WOVEN;
    int32_t *const weights = scratch;
    uint32_t *const words = (uint32_t *)(weights + TAPS + 2 * LINES);
    bw_woven_channel channel = {0, 0, 0, p->along.out_step, turns, rest, 4 * p->words};
    for (int32_t c = 0; c < p->channels; ++c) {
        for (int32_t i = 0; i < TAPS + 2 * LINES; ++i) {
            weights[i] = p->weights[TAPS * c + (i < TAPS ? i : i - TAPS)];
        }
        channel.multiplier = p->multiplier[c];
        channel.head = (2 * p->output_zero_point + 1) * 256 + p->right[c] - 1;
        channel.bias = 2 * p->bias[c];
        for (int32_t b = 0; b < p->batch; ++b) {
            convolve(p, input + b * p->in_bytes + c, output + b * p->out_bytes + c, &channel, weights, words);
        }
    }
    if (p->low > INT8_MIN || p->high < INT8_MAX) {
        for (int32_t i = 0; i < p->batch * p->out_bytes; ++i) {
            output[i] = (int8_t)bw_clamp(output[i], p->low, p->high);
        }
    }
}
