#include "bw_depthwise_conv_s8_mve.h"

#include "bw_lines_s8_mve.h"
#include "bw_mve.h"

#define LINES     4 /* in the words */
#define WINDOW    16
#define ROTATIONS 5

/* Which of a channel's taps each byte of a window has, and 0xFF where it has one. */
static void map_window(const bw_depthwise_conv_s8_mve_params *p, uint8_t *place, uint8_t *used) {
    for (int32_t i = 0; i < WINDOW; ++i) {
        const int32_t along = i / LINES, across = i % LINES;
        const int inside = along < p->along.taps && across < p->across.taps;
        place[i] = inside ? (uint8_t)(along * p->across.taps + across) : 0;
        used[i] = inside ? 0xFF : 0;
    }
}

/* What does not depend on the channel. */
static bw_lines_s8_mve_params lines_of(const bw_depthwise_conv_s8_mve_params *p, int32_t *scratch) {
    const bw_axis_mve *along = &p->along, *across = &p->across;
    int8_t *words = (int8_t *)(scratch + ROTATIONS * WINDOW / 4);
    const bw_lines_s8_mve_params c = {
        .inner = words + LINES * along->pad,
        .along_in = along->in,
        .in_step_8 = 8 * along->in_step,
        .across_in = across->in,
        .across_step = across->in_step,
        .reach = across->taps + p->together - 1,
        .words = words,
        .turned = (const int8_t *)scratch,
        .sums = (int32_t *)scratch + ROTATIONS * WINDOW / 4 + p->words,
        .along_out = along->out,
        .window_step = LINES * along->stride,
        .first = -across->pad,
        .together = p->together,
        .stride = p->together * across->stride,
        .lines = across->out,
        .contiguous = across->out_step == along->out * along->out_step,
        .out_step = along->out_step,
        .out_line = across->out_step,
        .output_zero_point = p->output_zero_point,
        .low = p->low,
        .high = p->high,
        .signed_ties = p->signed_ties,
        .input_zero_point = p->input_zero_point,
    };
    return c;
}

void bw_depthwise_conv_s8_mve(const bw_depthwise_conv_s8_mve_params *p, const int8_t *input, int8_t *output,
                              void *scratch) {
    const int32_t taps = p->along.taps * p->across.taps;
    bw_lines_s8_mve_params lines = lines_of(p, scratch);
    uint8_t place[WINDOW], used[WINDOW];
    map_window(p, place, used);
    bw_fill_mve(lines.words, p->input_zero_point, LINES * p->words);
    for (int32_t b = 0; b < p->batch; ++b) {
        const int8_t *weights = p->weights;
        for (int32_t c = 0; c < p->channels; ++c) {
            lines.bias = p->bias[c];
            lines.multiplier = p->multiplier[c];
            lines.shift = -p->right[c];
            bw_turn_weights_mve(place, used, weights, scratch);
            bw_lines_s8_mve(&lines, input + c, output + c);
            weights += taps;
        }
        input += p->in_image;
        output += p->out_image;
    }
}
