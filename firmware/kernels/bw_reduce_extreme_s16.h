/* Maximum (sign 1) or minimum (sign -1) over any dimensions, int16.
 *
 * Cost: one comparison per input. The output may not overlap the input.
 */
#ifndef BW_REDUCE_EXTREME_S16_H
#define BW_REDUCE_EXTREME_S16_H

#include "bw_reduce.h"

typedef struct {
    bw_reduce loops;
    int32_t sign;
} bw_reduce_extreme_s16_params;

void bw_reduce_extreme_s16(const bw_reduce_extreme_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_REDUCE_EXTREME_S16_H */
