/* Filter bank and square root. */
#include "bw_micro_filters.h"

#include "bw_log2.h"

/* The root to the nearest; of numbers below 2^32 at most 65535. */
static uint32_t rounded_root(uint64_t value) {
    if ((value >> 32) == 0U) {
        const uint32_t small = bw_sqrt32((uint32_t)value);
        return small + ((uint32_t)value - small * small > small && small != UINT32_C(0xffff) ? 1U : 0U);
    }
    uint64_t rest;
    const uint64_t root = bw_sqrt64(value, &rest);
    return (uint32_t)root + (rest > root ? 1U : 0U);
}

void bw_micro_filters(const bw_micro_filters_params *p, const int32_t *energies, const int16_t *shifts,
                      uint32_t *output) {
    for (int32_t frame = 0; frame < p->frames; ++frame) {
        const int16_t *weight = p->weights, *unweight = p->unweights;
        const int32_t shift = shifts[frame] < 0 ? 0 : shifts[frame] > 31 ? 31 : shifts[frame];
        int64_t next = 0;
        for (int32_t group = 0; group < p->groups; ++group) {
            int64_t sum = next;
            next = 0;
            for (int32_t i = p->counts[group]; i > 0; --i) {
                sum += (int64_t)*energies * *weight++;
                next += (int64_t)*energies++ * *unweight++;
            }
            if (group > 0) {
                *output++ = rounded_root(sum > 0 ? (uint64_t)sum : 0U) >> shift;
            }
        }
    }
}
