/* One row of a 3x3 depthwise convolution, two channels at a time: a column of three taps is one word, one dot product.
 *
 * table, per two channels A and B, nine words. Bytes 0 to 2 of words 0 to 2: weights of A's columns, top to bottom; of
 * words 3 and 4: of B's first two columns; bytes 3 of words 0 to 2: B's last column; bytes 3 of words 3 and 4: shifts
 * of A and B. Words 5 and 6: biases; 7 and 8: multipliers. Ranges as bw_tile_s8_xcv.h states; outputs are clamped to
 * int8. Rows and output are aligned to two bytes.
 *
 * Cost in instructions per two channels: 27 per output with stride 1, 32 with stride 2 (1.5 and 1.8 per
 * multiply-accumulate), and about 50; four more per output where outputs are not rectified.
 */
#ifndef BW_DEPTHWISE_ROW_S8_XCV_H
#define BW_DEPTHWISE_ROW_S8_XCV_H

#include <stdint.h>

/* Assembly reads the fields by their place. */
typedef struct {
    const int8_t *rows[3]; /* of the input, at the first column that is read */
    int8_t *output;
    const int32_t *table;
    int32_t pairs;       /* of channels */
    int32_t step;        /* bytes from column to column, of input and output */
    int32_t zero_point;  /* of the output */
    uint32_t padding;    /* the input's zero point in bytes 0 to 2 */
    int32_t left;        /* 1: the first output's first column is padding */
    int32_t inner;       /* outputs whose last column is none */
    int32_t right;       /* 1: one more output, whose last column is padding */
    int32_t back_input;  /* from behind the last column that is read to the next pair in the first */
    int32_t back_output; /* the same in the output */
    int32_t rectified;   /* the output's zero point is -128 */
} bw_depthwise_row_xcv;

/* Both use up the row: its fields have moved on when they return. */
void bw_depthwise_row_1_s8_xcv(bw_depthwise_row_xcv *row); /* stride 1 */
void bw_depthwise_row_2_s8_xcv(bw_depthwise_row_xcv *row); /* stride 2 */

#endif /* BW_DEPTHWISE_ROW_S8_XCV_H */
