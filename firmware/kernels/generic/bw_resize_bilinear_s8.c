/* Portable bilinear resize. */
#include "bw_resize_bilinear_s8.h"

void bw_resize_bilinear_s8(const bw_resize_bilinear_s8_params *p, const int8_t *input, int8_t *output) {
    const int32_t one = 1 << 10, channels = p->channels;
    for (int32_t b = 0; b < p->batch; ++b) {
        for (int32_t y = 0; y < p->out_h; ++y) {
            const int16_t *row = p->rows + 3 * y;
            const int8_t *upper = input + row[0] * p->in_w * channels, *lower = input + row[1] * p->in_w * channels;
            const int32_t below = row[2];
            for (int32_t x = 0; x < p->out_w; ++x) {
                const int16_t *column = p->columns + 3 * x;
                const int32_t left = column[0] * channels, right = column[1] * channels;
                const int32_t beside = column[2], far = one - beside;
                for (int32_t c = 0; c < channels; ++c) {
                    /* Weights add up to 1024 and lie in -512 to 1536: everything fits 30 bits. */
                    const int32_t above = upper[left + c] * far + upper[right + c] * beside;
                    const int32_t under = lower[left + c] * far + lower[right + c] * beside;
                    const int32_t total = above * (one - below) + under * below;
                    *output++ = (int8_t)((total + (total > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
                }
            }
        }
        input += p->in_h * p->in_w * channels;
    }
}
