/* Dot products of rows of weights with columns of activations, four by four or four by one, requantized.
 *
 * weights: int8 [4 * groups][depth]; columns: int8 [4][depth] (or [1]); depth, in bytes, a multiple of four of at least
 * four; both aligned to four bytes. Of column j, channel i is written to output[j * step + i]; output and step are
 * multiples of four. Per channel: bias, multiplier (2^30 or more) and shift, the right shift of policy DOUBLE plus one;
 * accumulators stay below 2^29 in magnitude (proven on the host).
 *
 * Cost in instructions for every group of four channels: bw_tile_4x4_s8_xcv 6 * depth + 131, rectified
 * (0.375 per multiply-accumulate), 67 more elsewhere; bw_tile_4x1_s8_xcv 2.25 * depth + 68 (0.56), 19 more elsewhere.
 */
#ifndef BW_TILE_S8_XCV_H
#define BW_TILE_S8_XCV_H

#include <stdint.h>

/* Assembly reads the fields by their place. */
typedef struct {
    const int8_t *weights, *columns;
    int32_t depth;
    int32_t groups; /* of four channels */
    const int32_t *bias, *multiplier;
    const int8_t *shift;
    int8_t *output;
    int32_t step;
    int32_t zero_point, low, high;
    int32_t rectified; /* zero point and low are -128, high is 127 */
} bw_tile_xcv;

/* Both use up the tile: its pointers have moved on when they return. */
void bw_tile_4x4_s8_xcv(bw_tile_xcv *tile);
void bw_tile_4x1_s8_xcv(bw_tile_xcv *tile);

/* acc and the dot product of depth bytes, aligned as above: 0.75 instructions per multiply-accumulate. */
int32_t bw_dot_s8_xcv(const int8_t *a, const int8_t *b, int32_t depth, int32_t acc);

#endif /* BW_TILE_S8_XCV_H */
