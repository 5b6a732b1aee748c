#include "bw_depthwise_conv_s8_mve.h"

#include "bw_lines_s8_mve.h"
#include "bw_mve.h"

#define LINES  4 /* in the words */
#define WINDOW 16

typedef struct {
    bw_window_map_mve map;
    int8_t *turned, *words;
    int32_t *sums;
} place;

static void map_window(const bw_depthwise_conv_s8_mve_params *p, bw_window_map_mve *map) {
    for (int32_t i = 0; i < WINDOW; ++i) {
        const int32_t along = i / LINES, across = i % LINES;
        const int used = along < p->along.taps && across < p->across.taps;
        map->place[i] = used ? (uint8_t)(along * p->across.taps + across) : 0;
        map->used[i] = used ? 0xFF : 0;
    }
}

/* Line y of a channel into its byte of the words; a line of padding where there is none. */
static void insert(const bw_depthwise_conv_s8_mve_params *p, const int8_t *channel, int32_t y, int8_t *words) {
    int8_t *to = words + LINES * p->along.pad + (y & (LINES - 1));
    if (y >= 0 && y < p->across.in) {
        bw_insert_line_mve(to, channel + y * p->across.in_step, p->along.in_step, p->along.in);
    } else {
        const int8_t zero_point = (int8_t)p->input_zero_point;
        bw_insert_line_mve(to, &zero_point, 0, p->along.in);
    }
}

static void channel(const bw_depthwise_conv_s8_mve_params *p, const place *s, const bw_requantize_mve *r,
                    const int8_t *input, int8_t *output) {
    const bw_axis_mve *along = &p->along, *across = &p->across;
    const int pairs = across->stride == 1 && across->taps < LINES && along->stride == 1;
    const int contiguous = across->out_step == along->out * along->out_step;
    int32_t next = -across->pad, lines;
    for (int32_t line = 0; line < across->out; line += lines) {
        const int32_t y = line * across->stride - across->pad;
        lines = pairs && line + 1 < across->out ? 2 : 1;
        if (next < y) {
            next = y;
        }
        for (; next < y + across->taps + lines - 1; ++next) {
            insert(p, input, next, s->words);
        }
        const int8_t *weights = s->turned + WINDOW * (y & (LINES - 1));
        if (lines == 2) {
            const int8_t *second = s->turned + WINDOW * ((y + 1) & (LINES - 1));
            bw_two_lines_mve(s->words, weights, second, s->sums, s->sums + along->out, along->out);
        } else {
            bw_one_line_mve(s->words, along->stride, weights, s->sums, along->out);
        }
        if (lines == 2 && !contiguous) {
            bw_requantize_line_mve(r, s->sums, output, along->out_step, along->out);
            bw_requantize_line_mve(r, s->sums + along->out, output + across->out_step, along->out_step, along->out);
        } else {
            bw_requantize_line_mve(r, s->sums, output, along->out_step, lines * along->out);
        }
        output += lines * across->out_step;
    }
}

void bw_depthwise_conv_s8_mve(const bw_depthwise_conv_s8_mve_params *p, const int8_t *input, int8_t *output,
                              void *scratch) {
    const int32_t taps = p->along.taps * p->across.taps;
    place s;
    map_window(p, &s.map);
    s.turned = scratch;
    s.words = s.turned + LINES * WINDOW;
    s.sums = (int32_t *)scratch + WINDOW + p->words;
    bw_fill_mve(s.words, p->input_zero_point, LINES * p->words);
    for (int32_t b = 0; b < p->batch; ++b) {
        for (int32_t c = 0; c < p->channels; ++c) {
            const bw_requantize_mve r = {p->bias[c], p->multiplier[c], -p->right[c],  p->output_zero_point,
                                         p->low,     p->high,          p->signed_ties};
            bw_turn_weights_mve(&s.map, p->weights + taps * c, s.turned);
            channel(p, &s, &r, input + c, output + c);
        }
        input += p->in_image;
        output += p->out_image;
    }
}
