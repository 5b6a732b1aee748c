#include "bw_depthwise_conv_3x3_s8.h"

#include "bw_depthwise_pairs_s8.h"
#include "bw_dsp.h"

#define SIDE 3
#define QUAD 4

/* Both halfwords shifted left. */
static inline uint32_t scaled(uint32_t pair, uint32_t bits, uint32_t mask) { return (pair << bits) & mask; }

static void prepare(const bw_depthwise_conv_3x3_s8_params *p, int32_t c, bw_depthwise_channel *channel) {
    const int8_t *weights = p->weights + SIDE * SIDE * c;
    const int32_t step = p->along.out_step, count = p->along.outputs, offset = p->offset;
    for (int32_t i = 0; i < QUAD; ++i, ++channel) {
        const uint32_t bits = p->scale[c + i], one = UINT32_C(1) << bits, mask = ~((one - 1U) << 16);
        const int32_t multiplier = p->multiplier[c + i], bias = p->bias[c + i];
        channel->multiplier = multiplier;
        channel->offset = offset + (int32_t)(one >> 2);
        channel->step = step;
        channel->bias = bias;
        channel->count = count;
        for (uint32_t *taps = channel->taps; taps < channel->taps + 2 * SIDE; taps += 2) {
            const uint32_t word = bw_load32(weights);
            const uint32_t outer = scaled(bw_sxtb16(word), bits, mask);
            const uint32_t inner = scaled(bw_sxtb16_ror8(word), bits, mask);
            taps[0] = bw_pkhbt(outer, inner);
            taps[1] = (inner & 0xFFFFU) | (outer & 0xFFFF0000U);
            weights += SIDE;
        }
        for (int32_t k = 0; k < 4; ++k) {
            channel->taps[2 * SIDE + k] = channel->taps[k];
        }
    }
}

/* Two neighbouring pixels' four channels to one word of each channel's ring. */
static inline uint32_t *put(uint32_t *ring, int32_t pitch, uint32_t a, uint32_t b) {
    const uint32_t low = bw_pkhbt(a, b), high = bw_pkhtb(a, b); /* a0 a1 b0 b1 and a2 a3 b2 b3 */
    ring[pitch] = bw_sxtb16_ror8(low);
    ring[2 * pitch] = bw_sxtb16(high);
    ring[3 * pitch] = bw_sxtb16_ror8(high);
    ring[0] = bw_sxtb16(low);
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
        for (const uint32_t *whole = ring + SIDE * ((p->along.used - at) / 2); ring < whole; line += 2 * step) {
            ring = put(ring, pitch, bw_load32(line), bw_load32(line + step));
        }
        if ((p->along.used - at) % 2) {
            ring = put(ring, pitch, bw_load32(line), padding);
        }
    }
    while (ring < end) {
        ring = put(ring, pitch, padding, padding);
    }
}

/* Four channels of one image. */
static void quad(const bw_depthwise_conv_3x3_s8_params *p, const bw_depthwise_channel *channels, uint32_t *rings,
                 const int8_t *input, int8_t *output) {
    const int32_t pitch = 4 * SIDE * p->words;
    int32_t next = -p->lines.pad, slot = 0;
    const int8_t *from = input + next * p->lines.in_step;
    for (int32_t line = 0; line < p->lines.outputs; ++line) {
        for (const int32_t end = line * p->lines.stride - p->lines.pad + SIDE; next < end; ++next) {
            widen(p, from, next >= 0 && next < p->lines.used, rings + slot);
            from += p->lines.in_step;
            slot = slot == SIDE - 1 ? 0 : slot + 1;
        }
        /* The window's first line is in that slot, which takes the next one: slot 0 has kernel line -slot mod 3. */
        const uint32_t *taps = channels->taps + (slot == 0 ? 0 : 2 * (SIDE - slot));
        if (p->along.stride == 1) {
            bw_depthwise_pairs_stride1_s8(rings, taps, output, channels, pitch);
        } else {
            bw_depthwise_pairs_stride2_s8(rings, taps, output, channels, pitch);
        }
        output += p->lines.out_step;
    }
}

void bw_depthwise_conv_3x3_s8(const bw_depthwise_conv_3x3_s8_params *p, const int8_t *input, int8_t *output,
                              void *scratch) {
    bw_depthwise_channel *channels = scratch;
    uint32_t *rings = (uint32_t *)(channels + QUAD);
    for (int32_t c = 0; c < p->channels; c += QUAD) {
        prepare(p, c, channels);
        for (int32_t b = 0; b < p->batch; ++b) {
            quad(p, channels, rings, input + b * p->in_bytes + c, output + b * p->out_bytes + c);
        }
    }
}
