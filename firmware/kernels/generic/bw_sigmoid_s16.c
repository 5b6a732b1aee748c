/* Portable logistic function and hyperbolic tangent. */
#include "bw_sigmoid_s16.h"

/* sigmoid of a magnitude with `bits` fraction bits below the table's index, in Q0.16 shifted left by them. */
static int32_t interpolate(const uint16_t *table, uint32_t magnitude, uint32_t bits, uint32_t flat) {
    const uint32_t index = magnitude >> bits;
    if (index >= 255U) {
        return (int32_t)flat;
    }
    const uint32_t here = table[index], after = table[index + 1U];
    return (int32_t)((here << bits) + (magnitude & ((1U << bits) - 1U)) * (after - here));
}

void bw_sigmoid_s16(const bw_sigmoid_s16_params *p, const int16_t *input, int16_t *output) {
    const int32_t half = p->shift > 0 ? 1 << (p->shift - 1) : 0;
    for (int32_t i = 0; i < p->size; ++i) {
        const int32_t x = (input[i] * p->multiplier + half) >> p->shift;
        const uint32_t magnitude = (uint32_t)(x < 0 ? -x : x);
        if (p->is_tanh) {
            const int32_t level = interpolate(p->table, magnitude, 8, 0xFFFFU << 8);
            const int32_t value = x >= 0 ? level - (1 << 23) + 128 : (1 << 23) - level + 127;
            output[i] = (int16_t)(value >> 8);
        } else {
            const int32_t level = interpolate(p->table, magnitude, 9, 0x7FFFU << 10);
            const int32_t value = x >= 0 ? level + 512 : (1 << 25) - level + 511;
            output[i] = (int16_t)(value >> 10);
        }
    }
}
