/* The RV32 micro-kernel: all output channels, two at a time, times four columns, of which two share a word.
 *
 * Layout: columns [taps][2] words, of which word 0 has x0 + 65536 * x1 and word 1 x2 + 65536 * x3 of the four columns;
 * taps are padded to a multiple of four. Weights int8 [channels / 2][taps / 2][2 channels][2 taps]. One multiplication
 * serves two columns. Sums of `group` taps keep their low half within int16; they are added to two accumulators: total,
 * the sum of all of them, and upper, that of their upper halves; lower halves are total - 65536 * upper.
 * Ranges: channels even; group 2 or a multiple of four that divides taps, such that the sum of |weight| over a group is
 * at most 255 (the host checks); group has a byte for every two channels.
 * Requantization as bw_rescale_rv32.h states.
 * Cost per tap of two channels, 8 MACs: 16 instructions and what a group adds, 12 / (taps of it), and 1; per output 11.
 */
#ifndef BW_QUAD_S8_H
#define BW_QUAD_S8_H

#include "bw_rescale_rv32.h"

/* Columns that are multiplied at a time. */
#define BW_QUAD 4

typedef struct {
    int32_t taps; /* padded */
    int32_t channels;
    const int8_t *weights;
    const uint8_t *group;
    bw_rescale_params rescale;
} bw_quad_s8_params;

/* output[i][channel] of four columns; to[i] is where the i-th column's outputs go. */
void bw_quad_s8(const bw_quad_s8_params *p, const uint32_t *columns, int8_t *const to[BW_QUAD]);

/* `bytes` of four addresses, packed behind `columns`; the end of what was written. */
uint32_t *bw_pack_quad_s8(const int8_t *const from[BW_QUAD], int32_t bytes, uint32_t *columns);

#endif /* BW_QUAD_S8_H */
