/* The outputs of four tiles from the sums of bw_winograd_s8.h: A'MA and the requantization. */
#ifndef BW_WINOGRAD_OUTPUTS_S8_H
#define BW_WINOGRAD_OUTPUTS_S8_H

#include "bw_winograd_s8.h"

/* Where the outputs of a tile go; row and column are 0 where the output ends before the second one. */
typedef struct {
    int8_t *to;
    int32_t row, column; /* bytes to the outputs below and on the right */
} bw_winograd_tile;

/* The outputs of one channel of four tiles, at to[channel] and so on, by bw_rectify of bw_dsp.h. `sums` are its own of
 * the first position, 2 * BW_TILES words before those of the next; `head` has multiplier and offset. */
void bw_winograd_rectified_s8(const int32_t *sums, const bw_winograd_tile *tiles, const int32_t *head, int32_t channel);

/* The same with rounding DOUBLE; `head` has multiplier and right shift - 1, offset is 2 * output zero point + 1. */
void bw_winograd_rounded_s8(const int32_t *sums, const bw_winograd_tile *tiles, const int32_t *head, int32_t channel,
                            int32_t offset);

#endif /* BW_WINOGRAD_OUTPUTS_S8_H */
