/* 3x3 depthwise convolution with stride 1, two rows of outputs of one channel after the other at a time: a word holds
 * the same column of four rows of the input, which three taps meet in two places.
 *
 * Columns: for every x, padding included, four words, of four neighbouring channels each; rows of columns follow each
 * other. table, five words per channel: bytes 0 to 2 of the first three are the weights of a column, top to bottom;
 * their bytes 3 are a number of 24 bits, low byte first, which is the third word of bw_tile_s8_xcv.h; then bias and
 * multiplier. Outputs are clamped to int8.
 *
 * Cost in instructions: 18 per two outputs and 4 per pixel and channel to bring a column up to date, 7 elsewhere than
 * where outputs are rectified; 6 per pair of rows, 36 per channel and about 40 per call.
 */
#ifndef BW_PLANE_S8_XCV_H
#define BW_PLANE_S8_XCV_H

#include <stdint.h>

/* Assembly reads the fields by their place. */
typedef struct {
    const int8_t *columns; /* the first channel's word of the third column */
    const int32_t *table;
    int8_t *first, *second;    /* the two rows of outputs */
    int32_t width;             /* outputs in a row */
    int32_t step, second_step; /* from output to output */
    int32_t skip;              /* from behind a row to the row after the next */
    int32_t pairs;             /* of rows */
    int32_t zero_point;        /* of the output */
    int32_t rectified;         /* BW_TILE_RECTIFIED is the table's */
    int32_t channels;          /* one to four */
} bw_plane_xcv;

/* Uses up the plane. */
void bw_planes_s8_xcv(bw_plane_xcv *plane);

/* The columns from two rows further down: the lower two rows of `from` go up, then come the rows a and b, whose pixels
 * are steps apart. from and to may be the same. */
void bw_plane_columns_xcv(const int8_t *from, int8_t *to, const int8_t *a, const int8_t *b, int32_t step_a,
                          int32_t step_b, int32_t width);

#endif /* BW_PLANE_S8_XCV_H */
