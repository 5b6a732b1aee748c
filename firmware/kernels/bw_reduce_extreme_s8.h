/* Maximum (sign 1) or minimum (sign -1) over any dimensions, int8.
 *
 * Cost: one comparison per input. The output may not overlap the input.
 */
#ifndef BW_REDUCE_EXTREME_S8_H
#define BW_REDUCE_EXTREME_S8_H

#include "bw_reduce.h"

typedef struct {
    bw_reduce loops;
    int32_t sign;
} bw_reduce_extreme_s8_params;

void bw_reduce_extreme_s8(const bw_reduce_extreme_s8_params *p, const int8_t *input, int8_t *output);

#endif /* BW_REDUCE_EXTREME_S8_H */
