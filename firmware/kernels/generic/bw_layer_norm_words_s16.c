/* Portable layer and RMS normalization of int16 by high words. */
#include "bw_layer_norm_words_s16.h"

#include "bw_high_rounded.h"

void bw_layer_norm_words_s16(const bw_layer_norm_words_s16_params *p, const int16_t *input, int16_t *output) {
    const int32_t depth = p->norm.depth, up = p->up, fraction = p->norm.fraction;
    for (int32_t r = 0; r < p->norm.rows; ++r) {
        int32_t total = 0;
        uint64_t squares = 0;
        for (int32_t i = 0; i < depth; ++i) {
            total += input[i];
            squares += (uint32_t)(input[i] * input[i]);
        }
        const bw_layer_norm_line line = bw_layer_norm_line_of(&p->norm, total, squares);
        const int32_t *gain = p->norm.gain, *bias = p->norm.bias;
        for (const int16_t *end = input + depth; input < end;) {
            const int32_t d = (int32_t)((uint32_t)*input++ * (uint32_t)line.by + (uint32_t)line.plus);
            const int32_t normal = bw_shl32(bw_high_rounded(d, line.root), up);
            const int32_t value = (bw_high_rounded(normal, *gain++) + *bias++) >> fraction;
            *output++ = (int16_t)bw_clamp(value, INT16_MIN, INT16_MAX);
        }
    }
}
