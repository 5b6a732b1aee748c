/* What tells the logistic function of int16 from the tangent.
 *
 * Of an argument's magnitude the lowest `bits` are the way along a line of the table; from `flat` on, which is where
 * the table ends, the level is `most`. The level is symmetric about `middle`: with t = level - middle, and all its bits
 * inverted where the argument is below zero, the result is (t + offset) >> down.
 */
#ifndef BW_SIGMOID_FORM_H
#define BW_SIGMOID_FORM_H

#include <stdint.h>

typedef struct {
    int32_t bits, flat, most, middle, offset, down;
} bw_sigmoid_form;

static inline bw_sigmoid_form bw_sigmoid_form_of(int32_t is_tanh) {
    static const bw_sigmoid_form tangent = {8, 255 << 8, 0xFFFF << 8, 1 << 23, 128, 8};
    static const bw_sigmoid_form logistic = {9, 255 << 9, 0x7FFF << 10, 1 << 24, (1 << 24) + 512, 10};
    return is_tanh ? tangent : logistic;
}

#endif /* BW_SIGMOID_FORM_H */
