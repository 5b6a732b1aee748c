/* Rows of int8 through a fully connected layer, by the products of bw_rows_s8.h; bit for bit
 * converter/ops/token_wise.py.
 *
 * All that is constant about y = requantize(sum(q * w) * scale + bias) is in `multiplier` and `offset`:
 *     y = (sum(q * w) * (multiplier * scale) + offset) >> right
 * with the bias times the multiplier, half a step and the output's zero point in the offset. Outliers have multipliers
 * of their own.
 * Ranges, proven on the host: sums << left fit int32, multiplier * scale is below 2^30, the whole below 2^63, what is
 * shifted to the right fits int32.
 */
#ifndef BW_TOKEN_ROWS_H
#define BW_TOKEN_ROWS_H

#include <stdint.h>

typedef struct {
    int32_t rows, taps, depth, units;
    const int8_t *weights;     /* [units][depth] with zeros behind the taps; depth a multiple of four */
    const int32_t *multiplier; /* [units], of 15 bits */
    const int64_t *offset;     /* [units] */
    const int8_t *right;       /* [units], 1..46 */
    int32_t output_bytes;      /* 1 or 2 */
    int32_t low, high;
} bw_token_layer;

/* Channels of int16 beside the rows. */
typedef struct {
    int32_t taps, depth;
    const int8_t *weights;     /* [units][depth], as those of the layer */
    const int32_t *multiplier; /* [units] */
    const int8_t *left;        /* [units], of the layer's sums: 0..15 */
} bw_token_outliers;

/* scales [rows], or none (a null pointer) where all rows have one; aside and outliers [rows][taps], or none. A row is
 * read while its outputs are written. Scratch: 2 * depth bytes, and as many for the outliers' depth. */
void bw_token_rows(const bw_token_layer *p, const bw_token_outliers *aside, const int8_t *input, const int16_t *scales,
                   const int16_t *outliers, void *output, void *scratch);

#endif /* BW_TOKEN_ROWS_H */
