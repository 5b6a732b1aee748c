/* Gain control. */
#include "bw_micro_gain.h"

#include "bw_log2.h"

/* A parabola over the power of two that the noise is in, by its 10 bits below the leading one. */
static int16_t gain(const int16_t *table, uint32_t noise) {
    if (noise <= 2U) {
        return table[noise];
    }
    const int32_t bits = bw_bit_length(noise);
    const int16_t *c = table + 4 * bits - 6;
    const int32_t place = (int32_t)(bits < 11 ? noise << (11 - bits) : noise >> (bits - 11)) & 0x3ff;
    const int32_t slope = ((c[2] * place) >> 5) + c[1] * 32;
    return (int16_t)(((slope * place + (1 << 14)) >> 15) + c[0]);
}

void bw_micro_gain(const bw_micro_gain_params *p, const uint32_t *signals, const uint32_t *noise, uint32_t *output) {
    for (int32_t i = 0; i < p->elements; ++i) {
        const uint32_t factor = (uint32_t)(int32_t)gain(p->table, noise[i]);
        const uint32_t ratio = (uint32_t)(((uint64_t)signals[i] * factor) >> p->shift);
        output[i] = ratio < (UINT32_C(2) << 12) ? (ratio * ratio) >> 20 : (ratio >> 6) - 64U;
    }
}
