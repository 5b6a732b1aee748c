/* Micro-kernel of 3x3 depthwise convolution: one line of outputs of one channel, two at a time.
 *
 * Layout: x holds three lines of the input as int16, padding included, word by word: x[3 * j + slot] has elements 2 * j
 * (low half) and 2 * j + 1 of the line in that slot. taps holds, for the line in slot s, taps[2 * s] = (w0, w1) and
 * taps[2 * s + 1] = (w1, w2), low half first. Results go to output, output + step, ...
 * Ranges: the scaled accumulator, bias included, fits int32; requantization as bw_rectify of bw_dsp.h.
 * Reads up to word (count + 1) / 2 of each line at stride 1, up to word 2 * ((count + 1) / 2) at stride 2.
 * Cost per two outputs, 18 MACs: 25 instructions at stride 1, 26 at stride 2; 20 for the call.
 */
#ifndef BW_DEPTHWISE_PAIRS_S8_H
#define BW_DEPTHWISE_PAIRS_S8_H

#include <stdint.h>

/* In the order in which the kernel loads them. */
typedef struct {
    int32_t multiplier, offset, step, bias, count;
} bw_depthwise_line;

void bw_depthwise_pairs_stride1_s8(const uint32_t *x, const uint32_t *taps, int8_t *output,
                                   const bw_depthwise_line *line);
void bw_depthwise_pairs_stride2_s8(const uint32_t *x, const uint32_t *taps, int8_t *output,
                                   const bw_depthwise_line *line);

#endif /* BW_DEPTHWISE_PAIRS_S8_H */
