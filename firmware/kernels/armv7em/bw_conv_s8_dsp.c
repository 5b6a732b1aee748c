#include "bw_conv_s8_dsp.h"

#include "bw_block_s8.h"
#include "bw_column_s8.h"
#include "bw_dsp.h"
#include "bw_fixedpoint.h"

#define COLUMNS 4

/* Requantize one channel's accumulators, every other word, and store them `out_c` bytes apart. */
static void store(const bw_conv_s8_dsp_params *p, const int32_t *acc, int32_t channel, int32_t columns,
                  int8_t *output) {
    const int32_t multiplier = p->multiplier[channel], right = p->right[channel];
    const int32_t zero_point = p->output_zero_point, low = p->low, high = p->high, step = p->out_c;
    for (int32_t c = 0; c < columns; ++c) {
        const int32_t value = bw_requantize_dsp(acc[2 * c], multiplier, right) + zero_point;
        *output = (int8_t)bw_clamp(value, low, high);
        output += step;
    }
}

static void multiply(const bw_conv_s8_dsp_params *p, const uint32_t *pairs, int32_t quads, int32_t columns,
                     int8_t *output) {
    const int8_t *weights = p->weights;
    for (int32_t channel = 0; channel < p->out_c; channel += 2) {
        const int32_t first = p->bias[channel], second = p->bias[channel + 1];
        int32_t acc[2 * COLUMNS] = {first, second, first, second, first, second, first, second};
        bw_block_2x4_s8(weights, pairs, quads, acc);
        store(p, acc, channel, columns, output + channel);
        if (channel + 1 < p->out_c) {
            store(p, acc + 1, channel + 1, columns, output + channel + 1);
        }
        weights += 8 * quads;
    }
}

void bw_conv_s8_dsp(const bw_conv_s8_dsp_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *w = &p->window;
    const int32_t depth = w->kernel_h * w->kernel_w * w->in_c, quads = (depth + 3) / 4;
    const int pointwise = bw_window_is_pointwise(w);
    uint32_t *pairs = scratch;
    int8_t *column = (int8_t *)(pairs + 2 * COLUMNS * quads);
    int32_t waiting = 0;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            for (int32_t ox = 0; ox < w->out_w; ++ox) {
                const int8_t *from = input + (oy * w->in_w + ox) * w->in_c;
                if (!pointwise) {
                    bw_column_s8(w, input, oy, ox, p->input_zero_point, column);
                    from = column;
                }
                bw_widen_s8(from, depth, pairs + waiting, COLUMNS);
                if (++waiting == COLUMNS) {
                    multiply(p, pairs, quads, COLUMNS, output);
                    output += COLUMNS * p->out_c;
                    waiting = 0;
                }
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
    if (waiting > 0) {
        multiply(p, pairs, quads, waiting, output);
    }
}
