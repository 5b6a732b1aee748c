/* Layer and RMS normalization of int16 with SMLAD for sums, SMMULR and SMMLAR for high words. */
#include "bw_layer_norm_words_s16.h"

#include "bw_dsp.h"

static bw_layer_norm_line line_of(const bw_layer_norm_params *p, const int16_t *row) {
    const int16_t *const whole = row + (p->depth & ~1), *const end = row + p->depth;
    int32_t total = 0;
    uint64_t squares = 0;
    for (; row < whole; row += 2) {
        const uint32_t pair = bw_load32(row);
        squares = bw_smlald(pair, pair, squares);
        total = bw_smlad(pair, 0x10001U, total);
    }
    if (row < end) {
        total += *row;
        squares += (uint32_t)(*row * *row);
    }
    return bw_layer_norm_line_of(p, total, squares);
}

static inline int16_t value(int32_t x, bw_layer_norm_line line, int32_t up, int32_t gain, int32_t bias,
                            int32_t fraction) {
    const int32_t d = (int32_t)((uint32_t)x * (uint32_t)line.by + (uint32_t)line.plus);
    const int32_t normal = bw_shl32(bw_smmulr(d, line.root), up);
    return (int16_t)bw_ssat16(bw_smmlar(normal, gain, bias) >> fraction);
}

void bw_layer_norm_words_s16(const bw_layer_norm_words_s16_params *p, const int16_t *input, int16_t *output) {
    const int32_t depth = p->norm.depth, up = p->up, fraction = p->norm.fraction;
    for (int32_t r = 0; r < p->norm.rows; ++r) {
        const bw_layer_norm_line line = line_of(&p->norm, input);
        const int32_t *gain = p->norm.gain, *bias = p->norm.bias;
        const int16_t *const end = input + depth, *const whole = input + (depth & ~1);
        while (input < whole) {
            output[0] = value(input[0], line, up, gain[0], bias[0], fraction);
            output[1] = value(input[1], line, up, gain[1], bias[1], fraction);
            input += 2, output += 2, gain += 2, bias += 2;
        }
        if (input < end) {
            *output++ = value(*input++, line, up, *gain, *bias, fraction);
        }
    }
}
