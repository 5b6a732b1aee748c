/* Sums of a box of pixels, four channels at a time in halfwords: at most 256 pixels. */
#ifndef BW_SUMS_S8_H
#define BW_SUMS_S8_H

#include "bw_dsp.h"

/* Channels 0 and 2 in even, 1 and 3 in odd. */
typedef struct {
    uint32_t even, odd;
} bw_sums;

/* count pixels, step bytes apart: 4.5 instructions each. */
static inline bw_sums bw_add_pixels(bw_sums sums, const int8_t *from, int32_t count, int32_t step) {
    if (count & 1) {
        const uint32_t word = bw_load32(from);
        sums.even = bw_sxtab16(sums.even, word);
        sums.odd = bw_sxtab16_ror8(sums.odd, word);
        from += step;
    }
    for (const int8_t *end = from + (count & ~1) * step; from < end; from += 2 * step) {
        const uint32_t first = bw_load32(from), second = bw_load32(from + step);
        sums.even = bw_sxtab16(sums.even, first);
        sums.odd = bw_sxtab16_ror8(sums.odd, first);
        sums.even = bw_sxtab16(sums.even, second);
        sums.odd = bw_sxtab16_ror8(sums.odd, second);
    }
    return sums;
}

/* The sum of channel 0 to 3. */
static inline int32_t bw_sum_of(bw_sums sums, int32_t channel) {
    const uint32_t pair = channel & 1 ? sums.odd : sums.even;
    return channel & 2 ? (int32_t)pair >> 16 : (int16_t)pair;
}

#endif /* BW_SUMS_S8_H */
