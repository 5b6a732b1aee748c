/* The micro frontend's filter bank: energies int32 [frames][bins] and shifts int16 [frames] -> uint32
 * [frames][channels], the rounded roots of the channels' sums, shifted down.
 *
 * A bin of group g counts with its weight to channel g - 1 and with its unweight to channel g. Overlap: none.
 */
#ifndef BW_MICRO_FILTERS_H
#define BW_MICRO_FILTERS_H

#include <stdint.h>

typedef struct {
    int32_t frames, groups;   /* one group more than channels */
    const int16_t *counts;    /* [groups] */
    const int16_t *weights;   /* [bins], Q12 */
    const int16_t *unweights; /* [bins] */
} bw_micro_filters_params;

void bw_micro_filters(const bw_micro_filters_params *p, const int32_t *energies, const int16_t *shifts,
                      uint32_t *output);

#endif /* BW_MICRO_FILTERS_H */
