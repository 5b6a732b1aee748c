/* Fully connected layer on RV32: four units in a word of weights, eight units at a time.
 *
 * Bytes a, b, c and d of a word, the units' weights plus 128, times x: products of the whole word are a + 2^8 b + 2^16
 * c
 * + 2^24 d of the four, products of its odd bytes alone b + 2^16 d; what the 128 add is known from the sum of x. So two
 * multiplications serve four units. After every group of inputs, within which the host knows every dot product to fit
 * int16, both are taken apart: even and odd units' pairs are added to sums whose lower half is not yet free of the
 * upper one, and their upper halves to sums of their own.
 *
 * Layout: input [rows][depth], output [rows][units]; depth even, units a multiple of eight. Weights: words
 * [units / 8][depth][2]. Groups: for every eight units those that make up the depth, each a number of fours of inputs
 * or 0 for two inputs. The input's zero point is folded into the bias, and 2^15 for every group into those of units a
 * and b. Requantization as bw_rescale_rv32.h states. Overlap: a row is read while its outputs are written. Cost: 67
 * instructions for four inputs of eight units (2.09 per multiply-accumulate), 36 per group, some 70 for eight units,
 * and 16 per output.
 */
#ifndef BW_FULLY_CONNECTED_S8_WORDS_H
#define BW_FULLY_CONNECTED_S8_WORDS_H

#include "bw_rescale_rv32.h"

typedef struct {
    int32_t rows, depth, units;
    const int32_t *weights;
    const uint8_t *groups;
    bw_rescale_rv32 rescale;
} bw_fully_connected_s8_words_params;

void bw_fully_connected_s8_words(const bw_fully_connected_s8_words_params *p, const int8_t *input, int8_t *output);

#endif /* BW_FULLY_CONNECTED_S8_WORDS_H */
