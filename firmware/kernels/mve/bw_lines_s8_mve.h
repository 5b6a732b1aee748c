/* The lines of one channel of bw_depthwise_conv_s8_mve.h. */
#ifndef BW_LINES_S8_MVE_H
#define BW_LINES_S8_MVE_H

#include <stdint.h>

/* The assembly knows the order of these fields, of four bytes each. */
typedef struct {
    int8_t *inner;        /* words, from where the first place of a line goes */
    int32_t along_in;     /* places of a line of the input */
    int32_t in_step_8;    /* bytes between places, times eight */
    int32_t across_in;    /* lines of the input */
    int32_t across_step;  /* bytes between them */
    int32_t reach;        /* lines of the input that a step needs */
    int8_t *words;        /* where the first window begins */
    const int8_t *turned; /* five rotations of the weights, the last one the first again */
    int32_t *sums;
    int32_t along_out;   /* places of a line of the output */
    int32_t window_step; /* bytes of words between windows */
    int32_t first;       /* line of the input at which the first window begins */
    int32_t together;    /* lines of the output in a step: 1 or 2 */
    int32_t stride;      /* lines of the input between steps */
    int32_t lines;       /* lines of the output */
    int32_t contiguous;  /* a line of the output follows the other */
    int32_t out_step;    /* bytes between places of the output */
    int32_t out_line;    /* and between its lines */
    int32_t bias, multiplier, shift, output_zero_point;
    int32_t low, high;
    int32_t signed_ties;
    int32_t input_zero_point;
} bw_lines_s8_mve_params;

/* Inserted lines start at the first of the input that a window needs; output may be the input. */
void bw_lines_s8_mve(const bw_lines_s8_mve_params *c, const int8_t *input, int8_t *output);

#endif /* BW_LINES_S8_MVE_H */
