#include "bw_depthwise_conv_3x3_s8.h"

#include "bw_depthwise_pairs_s8.h"
#include "bw_dsp.h"

#define SIDE 3
#define QUAD 4

/* taps: the pairs of bw_depthwise_pairs_s8.h for kernel lines 0, 1, 2, 0, 1, so that every rotation is a part of it. */
typedef struct {
    bw_depthwise_line line;
    uint32_t taps[10];
} bw_depthwise_channel;

/* Both halfwords shifted left. */
static inline uint32_t scaled(uint32_t pair, uint32_t bits) {
    return (pair << bits) & ~(((UINT32_C(1) << bits) - 1U) << 16);
}

static void prepare(const bw_depthwise_conv_3x3_s8_params *p, int32_t c, bw_depthwise_channel *channel) {
    const int8_t *weights = p->weights + SIDE * SIDE * c;
    const uint32_t bits = p->scale[c];
    channel->line.multiplier = p->multiplier[c];
    channel->line.offset = p->offset + (int32_t)((UINT32_C(1) << bits) >> 2);
    channel->line.step = p->along.out_step;
    channel->line.bias = p->bias[c];
    channel->line.count = p->along.outputs;
    uint32_t *taps = channel->taps;
    for (int32_t i = 0; i < SIDE; ++i) {
        const uint32_t word = bw_load32(weights + SIDE * i);
        const uint32_t outer = scaled(bw_sxtb16(word), bits), inner = scaled(bw_sxtb16_ror8(word), bits);
        taps[2 * i] = bw_pkhbt(outer, inner);
        taps[2 * i + 1] = (inner & 0xFFFFU) | (outer & 0xFFFF0000U);
    }
    for (int32_t i = 0; i < 4; ++i) {
        taps[6 + i] = taps[i];
    }
}

/* Two neighbouring pixels' four channels to one word of each channel's ring. */
static inline uint32_t *put(uint32_t *ring, int32_t pitch, uint32_t a, uint32_t b) {
    const uint32_t a_even = bw_sxtb16(a), a_odd = bw_sxtb16_ror8(a), b_even = bw_sxtb16(b), b_odd = bw_sxtb16_ror8(b);
    ring[pitch] = bw_pkhbt(a_odd, b_odd);
    ring[2 * pitch] = bw_pkhtb(a_even, b_even);
    ring[3 * pitch] = bw_pkhtb(a_odd, b_odd);
    ring[0] = bw_pkhbt(a_even, b_even);
    return ring + SIDE;
}

/* A line of four channels with its padding; all padding where the line is outside the input. */
static void widen(const bw_depthwise_conv_3x3_s8_params *p, const int8_t *line, int32_t inside, uint32_t *ring) {
    const uint32_t padding = UINT32_C(0x01010101) * (uint8_t)p->input_zero_point;
    const int32_t pitch = SIDE * p->words, step = p->along.in_step;
    const uint32_t *end = ring + pitch;
    if (inside) {
        int32_t at = -p->along.pad;
        for (; at < 0; at += 2) {
            ring = put(ring, pitch, padding, at + 1 < 0 ? padding : bw_load32(line));
            line += at + 1 < 0 ? 0 : step;
        }
        for (; at + 1 < p->along.used; at += 2) {
            ring = put(ring, pitch, bw_load32(line), bw_load32(line + step));
            line += 2 * step;
        }
        if (at < p->along.used) {
            ring = put(ring, pitch, bw_load32(line), padding);
        }
    }
    while (ring < end) {
        ring = put(ring, pitch, padding, padding);
    }
}

static void line_of_outputs(const bw_depthwise_conv_3x3_s8_params *p, const bw_depthwise_channel *channels,
                            const uint32_t *rings, int32_t first, int8_t *output) {
    for (int32_t c = 0; c < QUAD; ++c, rings += SIDE * p->words) {
        if (p->along.stride == 1) {
            bw_depthwise_pairs_stride1_s8(rings, channels[c].taps + first, output + c, &channels[c].line);
        } else {
            bw_depthwise_pairs_stride2_s8(rings, channels[c].taps + first, output + c, &channels[c].line);
        }
    }
}

/* Four channels of one image. */
static void quad(const bw_depthwise_conv_3x3_s8_params *p, const bw_depthwise_channel *channels, uint32_t *rings,
                 const int8_t *input, int8_t *output) {
    int32_t next = -p->lines.pad, slot = 0;
    const int8_t *from = input + next * p->lines.in_step;
    for (int32_t line = 0; line < p->lines.outputs; ++line) {
        for (const int32_t end = line * p->lines.stride - p->lines.pad + SIDE; next < end; ++next) {
            widen(p, from, next >= 0 && next < p->lines.used, rings + slot);
            from += p->lines.in_step;
            slot = slot == SIDE - 1 ? 0 : slot + 1;
        }
        /* The window's first line is in that slot, which takes the next one: slot 0 has kernel line -slot mod 3. */
        line_of_outputs(p, channels, rings, slot == 0 ? 0 : 2 * (SIDE - slot), output);
        output += p->lines.out_step;
    }
}

void bw_depthwise_conv_3x3_s8(const bw_depthwise_conv_3x3_s8_params *p, const int8_t *input, int8_t *output,
                              void *scratch) {
    bw_depthwise_channel *channels = scratch;
    uint32_t *rings = (uint32_t *)(channels + QUAD);
    for (int32_t c = 0; c < p->channels; c += QUAD) {
        for (int32_t i = 0; i < QUAD; ++i) {
            prepare(p, c + i, channels + i);
        }
        for (int32_t b = 0; b < p->batch; ++b) {
            quad(p, channels, rings, input + b * p->in_bytes + c, output + b * p->out_bytes + c);
        }
    }
}
