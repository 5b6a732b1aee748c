/* Portable bilinear resize. */
#include "bw_resize_bilinear_s16.h"

void bw_resize_bilinear_s16(const bw_resize_bilinear_s16_params *p, const int16_t *input, int16_t *output) {
    const int32_t one = 1 << 10, channels = p->channels;
    for (int32_t b = 0; b < p->batch; ++b) {
        for (int32_t y = 0; y < p->out_h; ++y) {
            const int16_t *row = p->rows + 3 * y;
            const int16_t *upper = input + row[0] * p->in_w * channels, *lower = input + row[1] * p->in_w * channels;
            for (int32_t x = 0; x < p->out_w; ++x) {
                const int16_t *column = p->columns + 3 * x;
                const int32_t left = column[0] * channels, right = column[1] * channels;
                const int64_t below = row[2], beside = column[2];
                for (int32_t c = 0; c < channels; ++c) {
                    const int64_t total = upper[left + c] * (one - below) * (one - beside) +
                                          lower[left + c] * below * (one - beside) +
                                          upper[right + c] * (one - below) * beside + lower[right + c] * below * beside;
                    const int64_t half = total > 0 ? 1 << 19 : -(1 << 19);
                    *output++ = (int16_t)((total + half) / (1 << 20));
                }
            }
        }
        input += p->in_h * p->in_w * channels;
    }
}
