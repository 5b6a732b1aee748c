/* Fully connected layer, four units at a time through bw_tile_s8_xcv.h.
 *
 * weights: int8 [units][depth padded to a multiple of four with zeros]; constants per unit and ranges as there. Several
 * rows need a multiple of four units. Scratch: one padded row where the depth is no multiple of four, else none.
 * Overlap: a row is read while its results are written.
 */
#ifndef BW_FULLY_CONNECTED_S8_XCV_H
#define BW_FULLY_CONNECTED_S8_XCV_H

#include <stdint.h>

typedef struct {
    int32_t rows, depth, units;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t output_zero_point;
    int32_t low, high;
    int32_t rectified;
} bw_fully_connected_s8_xcv_params;

void bw_fully_connected_s8_xcv(const bw_fully_connected_s8_xcv_params *p, const int8_t *input, int8_t *output,
                               void *scratch);

#endif /* BW_FULLY_CONNECTED_S8_XCV_H */
