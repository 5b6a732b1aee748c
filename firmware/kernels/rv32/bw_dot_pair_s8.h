/* The dot products of two columns with every output channel's weights, requantized: four channels share each load of
 * the columns, two columns each load of the weights.
 *
 * Layout: weights [channels][depth]; the second column's results follow the first's: output[channels + channel].
 * Without a second column (NULL) only the first's are written. right holds right shifts of 1 to 31; accumulators stay
 * below 2^30 in magnitude (proven on the host). Cost: 22 instructions per 8 MACs and the loop's seven per 32.
 */
#ifndef BW_DOT_PAIR_S8_H
#define BW_DOT_PAIR_S8_H

#include <stdint.h>

typedef struct {
    int32_t depth, channels;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *right;
    int32_t output_zero_point;
    int32_t low, high;
} bw_dot_pair_s8_params;

void bw_dot_pair_s8(const bw_dot_pair_s8_params *p, const int8_t *first, const int8_t *second, int8_t *output);

#endif /* BW_DOT_PAIR_S8_H */
