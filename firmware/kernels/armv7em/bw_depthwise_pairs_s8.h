/* Micro-kernel of 3x3 depthwise convolution: one line of outputs of four channels, two outputs at a time.
 *
 * Layout: per channel, x holds three lines of the input as int16, padding included, word by word: x[3 * j + slot] has
 * elements 2 * j (low half) and 2 * j + 1 of the line in that slot; the next channel's begin pitch bytes on. taps
 * holds, for the line in slot s, taps[2 * s] = (w0, w1) and taps[2 * s + 1] = (w1, w2), low half first; the next
 * channel's lie one bw_depthwise_channel on. Results go to output, output + step, ..., the next channel's one byte on.
 * Ranges: the scaled accumulator, bias included, fits int32; requantization as bw_rectify of bw_dsp.h.
 * Reads up to word (count + 1) / 2 of each line at stride 1, up to word 2 * ((count + 1) / 2) at stride 2.
 * Cost per two outputs, 18 MACs: 25 instructions at stride 1, 26 at stride 2; 22 per channel.
 */
#ifndef BW_DEPTHWISE_PAIRS_S8_H
#define BW_DEPTHWISE_PAIRS_S8_H

#include <stdint.h>

/* The first part in the order in which the kernel loads it. taps: for kernel lines 0, 1, 2, 0, 1, so that every
 * rotation of them is a part of it. */
typedef struct {
    int32_t multiplier, offset, step, bias, count;
    uint32_t taps[10];
} bw_depthwise_channel;

void bw_depthwise_pairs_stride1_s8(const uint32_t *x, const uint32_t *taps, int8_t *output,
                                   const bw_depthwise_channel *channels, int32_t pitch);
void bw_depthwise_pairs_stride2_s8(const uint32_t *x, const uint32_t *taps, int8_t *output,
                                   const bw_depthwise_channel *channels, int32_t pitch);

#endif /* BW_DEPTHWISE_PAIRS_S8_H */
