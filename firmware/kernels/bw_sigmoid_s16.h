/* Logistic function and hyperbolic tangent of int16 by a table of sigmoid(i / 24) in Q0.16 with linear interpolation.
 *
 * May run in place. Cost: one multiplication for the argument and one for the interpolation per element.
 */
#ifndef BW_SIGMOID_S16_H
#define BW_SIGMOID_S16_H

#include <stdint.h>

typedef struct {
    int32_t size;
    int32_t multiplier, shift; /* argument = (x * multiplier + half) >> shift */
    int32_t is_tanh;
    const uint16_t *table; /* [256] */
} bw_sigmoid_s16_params;

void bw_sigmoid_s16(const bw_sigmoid_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_SIGMOID_S16_H */
