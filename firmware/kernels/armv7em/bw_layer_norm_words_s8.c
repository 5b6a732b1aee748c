/* Layer and RMS normalization of int8 with SMLAD for sums, SMMULR and SMMLAR for high words. */
#include "bw_layer_norm_words_s8.h"

#include "bw_dsp.h"

static bw_layer_norm_line line_of(const bw_layer_norm_params *p, const int8_t *row) {
    const int8_t *const whole = row + (p->depth & ~3), *const end = row + p->depth;
    int32_t total = 0, squares = 0;
    for (; row < whole; row += 4) {
        const uint32_t word = bw_load32(row), even = bw_sxtb16(word), odd = bw_sxtb16_ror8(word);
        squares = bw_smlad(odd, odd, bw_smlad(even, even, squares));
        total = bw_smlad(odd, 0x10001U, bw_smlad(even, 0x10001U, total));
    }
    for (; row < end; ++row) {
        total += *row;
        squares += *row * *row;
    }
    return bw_layer_norm_line_of(p, total, (uint32_t)squares);
}

static inline int8_t value(int32_t x, bw_layer_norm_line line, int32_t up, int32_t gain, int32_t bias,
                           int32_t fraction) {
    const int32_t d = (int32_t)((uint32_t)x * (uint32_t)line.by + (uint32_t)line.plus);
    const int32_t normal = bw_shl32(bw_smmulr(d, line.root), up);
    return (int8_t)bw_ssat8(bw_smmlar(normal, gain, bias) >> fraction);
}

void bw_layer_norm_words_s8(const bw_layer_norm_words_s8_params *p, const int8_t *input, int8_t *output) {
    const int32_t depth = p->norm.depth, up = p->up, fraction = p->norm.fraction;
    for (int32_t r = 0; r < p->norm.rows; ++r) {
        const bw_layer_norm_line line = line_of(&p->norm, input);
        const int32_t *gain = p->norm.gain, *bias = p->norm.bias;
        const int8_t *const end = input + depth, *const whole = input + (depth & ~1);
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
