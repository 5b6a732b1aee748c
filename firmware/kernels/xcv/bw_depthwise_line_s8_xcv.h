/* Depthwise convolution of any kernel, one row of outputs of one channel after the other at a time: a word holds the
 * same column of four rows of the input, each taking part in one dot product.
 *
 * Columns: for every x, padding included, four words, of four neighbouring channels each; rows of columns, of every
 * four rows of a window, follow each other. A channel's weights are in that order, a word each, but those of a last row
 * that is alone, which are bytes. What the words have beyond the window's rows may be anything: columns are zero there.
 * Per channel, constants are bias, multiplier and third word of bw_tile_s8_xcv.h. Outputs are clamped to int8.
 *
 * Cost in instructions: per output 12 and, for every row of columns, 5 and three per tap; 3 more elsewhere than where
 * outputs are rectified. 4.5 per pixel and channel of the columns.
 */
#ifndef BW_DEPTHWISE_LINE_S8_XCV_H
#define BW_DEPTHWISE_LINE_S8_XCV_H

#include <stdint.h>

/* Assembly reads the fields of both by their place. */
typedef struct {
    const int8_t *columns; /* the first channel's word of the first column */
    const int8_t *weights;
    int8_t *output;
    int32_t outputs;     /* in a row */
    int32_t output_step; /* from output to output */
    int32_t stride;      /* bytes of columns from output to output */
    int32_t dilation;    /* bytes of columns from tap to tap */
    int32_t taps;        /* of a row of a window */
    int32_t rows;        /* of columns, but a last one with weights that are bytes */
    int32_t pitch;       /* bytes of a row of columns */
    int32_t next;        /* bytes from a channel's weights to the next channel's */
    int32_t zero_point;  /* of the output */
    int32_t rectified;   /* third words are those of BW_TILE_RECTIFIED */
    int32_t channels;    /* one to four */
    const int32_t *constants;
    int32_t alone; /* whether there is that last row */
} bw_depthwise_line_xcv;

/* Uses up the line. */
void bw_depthwise_line_s8_xcv(bw_depthwise_line_xcv *line);

/* Four rows of the input, and the bytes from pixel to pixel of each. */
typedef struct {
    const int8_t *at[4];
    int32_t step[4];
} bw_four_rows_xcv;

/* Columns of four channels from as many pixels of four rows. */
void bw_columns_of_four_xcv(int8_t *to, const bw_four_rows_xcv *rows, int32_t width);

#endif /* BW_DEPTHWISE_LINE_S8_XCV_H */
