#include "bw_conv_s8_pairs.h"

#include "bw_column_s8.h"
#include "bw_dot_pair_s8.h"

void bw_conv_s8_pairs(const bw_conv_s8_pairs_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *w = &p->window;
    const int32_t depth = w->kernel_h * w->kernel_w * w->in_c;
    const int pointwise = bw_window_is_pointwise(w);
    const bw_dot_pair_s8_params dot = {
        depth, p->out_c, p->weights, p->bias, p->multiplier, p->right, p->output_zero_point, p->low, p->high};
    int8_t *columns = scratch;
    const int8_t *waiting = NULL;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            for (int32_t ox = 0; ox < w->out_w; ++ox) {
                const int8_t *column = input + (oy * w->in_w + ox) * w->in_c;
                if (!pointwise) {
                    int8_t *buffer = waiting == NULL ? columns : columns + depth;
                    bw_column_s8(w, input, oy, ox, p->input_zero_point, buffer);
                    column = buffer;
                }
                if (waiting == NULL) {
                    waiting = column;
                    continue;
                }
                bw_dot_pair_s8(&dot, waiting, column, output);
                output += 2 * p->out_c;
                waiting = NULL;
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
    if (waiting != NULL) {
        bw_dot_pair_s8(&dot, waiting, NULL, output);
    }
}
