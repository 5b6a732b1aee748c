#include "bw_depthwise_conv_s8_rvv.h"

void bw_depthwise_conv_s8_rvv(const bw_depthwise_conv_s8_rvv_params *p, const int8_t *input, int8_t *output) {
    const bw_window *w = &p->window;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            const bw_depthwise_row_rvv row = bw_depthwise_row_s8_rvv(w, input, oy);
            bw_depthwise_columns_s8_rvv(p, &row, 0, w->out_w, output);
            output += w->out_w * w->in_c;
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
