/* The dot products of one column with every output channel's weights, requantized: the core of convolution and
 * fully connected layers.
 *
 * Layout: weights [channels][depth]. In-place: the column may not overlap the output.
 * Cost: channels * depth MACs and one requantization per channel.
 */
#ifndef BW_DOT_S8_H
#define BW_DOT_S8_H

#include <stdint.h>

typedef struct {
    int32_t depth, channels;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t weights_zero_point;
    int32_t output_zero_point;
    int32_t low, high;
} bw_dot_s8_params;

void bw_dot_s8(const bw_dot_s8_params *p, const int8_t *column, int8_t *output);

#endif /* BW_DOT_S8_H */
