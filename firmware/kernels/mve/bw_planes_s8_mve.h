/* Four channels of two lines of a depthwise convolution at a time, two by two outputs from one vector.
 *
 * A strip holds two neighbouring lines of the input: for each place along them two bytes of channel 0 and two of
 * channel 2, and in a second plane those of channels 1 and 3. Two strips are four lines, of which sixteen bytes are
 * the windows of two by two outputs: up to three taps each way, no strides. Of two strips, one after the other in
 * memory, either can be the first.
 *
 * A record of a channel is its bias and multiplier of four bytes each, its left shift (-31..-1), and its weights,
 * [along the line][across lines]: no padding, in no alignment. Accumulators stay below 2^30 in magnitude.
 * Cost: 16 instructions for two by two outputs, 21 where `simple` is not set; 30 per channel; lines come to strips at
 * 10 instructions per four places.
 */
#ifndef BW_PLANES_S8_MVE_H
#define BW_PLANES_S8_MVE_H

#include <stdint.h>

#define BW_PLANES_CHANNELS 4

/* The assembly knows the order of these fields. */
typedef struct {
    const int8_t *strips;  /* the lower of two */
    const int8_t *records; /* of the first channel */
    int8_t *output;        /* of the first channel */
    int32_t plane;         /* bytes of one; a strip has two */
    int32_t swapped;       /* the upper strip has the first lines */
    int32_t places, lines; /* of the output: any number, and 1 or 2 */
    int32_t along, across; /* bytes between places and between lines of the output */
    int32_t taps, taps_across, taps_along;
    int32_t output_zero_point, low, high;
    int32_t simple; /* the clamp is that of int8, hides how negative ties are rounded, and shifts are at most 20 */
} bw_planes_s8_mve;

void bw_planes_s8_mve_compute(const bw_planes_s8_mve *p);

/* `count` places of two lines, `step` bytes apart, four channels (aligned to a word), to a strip from place `to` on. */
void bw_planes_s8_mve_insert(const int8_t *first, const int8_t *second, int32_t step, int32_t count, int8_t *to,
                             int32_t plane);

/* One line (0 or 1) of `size` bytes of a strip, a multiple of sixteen. */
void bw_planes_s8_mve_fill(int8_t *strip, int32_t size, int32_t line, int32_t value);

#endif /* BW_PLANES_S8_MVE_H */
