/* Up to sixteen taps of sixteen channels at a time, to requantized bytes: the depthwise micro-kernel of any window.
 *
 * Sums are kept in 16 bits that wrap, and beside them a coarse one in eight bits that tells how often: pairs of
 * products fit 16 bits, and all of them, each a 2048th rounded down, are off by less than half of 65536.
 *
 * Layout: channels a multiple of four. For every sixteen of them, the last ones padded: sixteen weights for each tap,
 * of which two of a channel, the first and second, third and fourth, and so on, have at most 255 in magnitude
 * together; and 36 words of constants: biases and multipliers of channels 0, 4, 8, 12, then of 2, 6, 10, 14, of 1, 5,
 * 9, 13 and of 3, 7, 11, 15, then left shifts (-31..-1) in the same order, one byte each. Accumulators stay below 2^30
 * in magnitude (proven on the host).
 * The 2048ths leave eight bits room for the 31 of a 16-bit sum (proven on the host from the weights).
 * A number of taps other than nine is even: the host adds one without weight.
 * Cost: 116 instructions for sixteen outputs of nine taps, 55 and 10 per tap of other numbers, 8 more where negative
 * ties show and 7 for a clamp to less than int8.
 */
#ifndef BW_CHANNELS_S8_MVE_H
#define BW_CHANNELS_S8_MVE_H

#include <stdint.h>

#define BW_CHANNELS_TAPS 16 /* at most */

/* The assembly knows the offsets of these fields. */
typedef struct {
    const int8_t *weights;
    const int32_t *constants;
    int32_t channels;
    int32_t output_zero_point, low, high;
    int32_t flags; /* bit 0: low < output_zero_point, so that ties of negative values show; bit 1: clamp */
    int32_t taps;
} bw_channels_s8_mve;

/* count neighbouring pixels of the output; taps of the first one, each moves on by `step` bytes from pixel to pixel. */
void bw_channels_s8_mve_run(const bw_channels_s8_mve *b, const int8_t *const taps[BW_CHANNELS_TAPS], int8_t *output,
                            int32_t count, int32_t step);

#endif /* BW_CHANNELS_S8_MVE_H */
