/* The loop of bw_rescale_s16 and bw_rescale_s16_s8: with a second rounding, or without. */
#ifndef BW_RESCALE_LOOP_H
#define BW_RESCALE_LOOP_H

#include "bw_fixedpoint.h"
#include "bw_twice.h"

#define BW_RESCALE_LOOP(type)                                                                                          \
    const int32_t point = p->input_zero_point, multiplier = p->multiplier, right = p->right, left = p->left + 1;       \
    const int32_t offset = p->output_zero_point, low = p->low, high = p->high;                                         \
    const type *const end = output + p->size;                                                                          \
    if (right > 0) {                                                                                                   \
        while (output != end) {                                                                                        \
            const int32_t value = bw_requantize_twice(2 * (*input++ - point), multiplier, right);                      \
            *output++ = (type)bw_clamp(value + offset, low, high);                                                     \
        }                                                                                                              \
    }                                                                                                                  \
    while (output != end) {                                                                                            \
        const int32_t value = bw_round_twice(bw_shl32(*input++ - point, left), multiplier);                            \
        *output++ = (type)bw_clamp(value + offset, low, high);                                                         \
    }

#endif /* BW_RESCALE_LOOP_H */
