/* Portable convolution: one column at a time, four output channels share each load of it. */
#include "bw_conv_s8.h"

#include "bw_column_s8.h"
#include "bw_dot_s8.h"

void bw_conv_s8(const bw_conv_s8_params *p, const int8_t *input, int8_t *output, void *scratch) {
    const bw_window *w = &p->window;
    const int32_t depth = w->kernel_h * w->kernel_w * w->in_c;
    const int pointwise = bw_window_is_pointwise(w);
    const bw_dot_s8_params dot = {
        depth,  p->out_c, p->weights, p->bias, p->multiplier, p->shift, p->weights_zero_point, p->output_zero_point,
        p->low, p->high};
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            for (int32_t ox = 0; ox < w->out_w; ++ox) {
                const int8_t *column = input + (oy * w->in_w + ox) * w->in_c;
                if (!pointwise) {
                    bw_column_s8(w, input, oy, ox, p->input_zero_point, scratch);
                    column = scratch;
                }
                bw_dot_s8(&dot, column, output);
                output += p->out_c;
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
