/* Parameters of binary operators with broadcasting, and the loops that walk both inputs.
 *
 * Layout: outer loops (count 1 where unused) around an innermost run; strides are in elements, 0 where an input is
 * broadcast. The output is written in order, each element after its inputs are read, so it may share the memory of an
 * input of its own shape.
 */
#ifndef BW_ELEMENTWISE_H
#define BW_ELEMENTWISE_H

#include <stdint.h>

#define BW_ELEMENTWISE_OUTER 5

typedef struct {
    int32_t count[BW_ELEMENTWISE_OUTER];
    int32_t stride_1[BW_ELEMENTWISE_OUTER];
    int32_t stride_2[BW_ELEMENTWISE_OUTER];
    int32_t run, step_1, step_2;
} bw_broadcast;

typedef struct {
    bw_broadcast loops;
    int32_t offset_1, offset_2, output_offset; /* zero points of the inputs, negated, and of the output */
    int32_t left_shift;                        /* headroom given to both inputs */
    int32_t multiplier_1, shift_1;
    int32_t multiplier_2, shift_2;
    int32_t output_multiplier, output_shift;
    int32_t low, high;
} bw_elementwise_params;

/* Advance the outer loops' counters like an odometer; false after the last position. */
static inline int bw_broadcast_next(const bw_broadcast *loops, int32_t *index, int32_t *at_1, int32_t *at_2) {
    for (int32_t i = BW_ELEMENTWISE_OUTER - 1; i >= 0; --i) {
        *at_1 += loops->stride_1[i];
        *at_2 += loops->stride_2[i];
        if (++index[i] < loops->count[i]) {
            return 1;
        }
        *at_1 -= loops->stride_1[i] * loops->count[i];
        *at_2 -= loops->stride_2[i] * loops->count[i];
        index[i] = 0;
    }
    return 0;
}

/* Defines a kernel from `element`, an inline function (params, int32 a, int32 b) -> int32 within the output's type. */
#define BW_DEFINE_ELEMENTWISE(function, type, element)                                                                 \
    void function(const bw_elementwise_params *p, const type *input_1, const type *input_2, type *output) {            \
        const bw_broadcast *loops = &p->loops;                                                                         \
        int32_t index[BW_ELEMENTWISE_OUTER] = {0}, at_1 = 0, at_2 = 0;                                                 \
        do {                                                                                                           \
            const type *a = input_1 + at_1, *b = input_2 + at_2;                                                       \
            for (int32_t i = 0; i < loops->run; ++i) {                                                                 \
                *output++ = (type)element(p, *a, *b);                                                                  \
                a += loops->step_1;                                                                                    \
                b += loops->step_2;                                                                                    \
            }                                                                                                          \
        } while (bw_broadcast_next(loops, index, &at_1, &at_2));                                                       \
    }

/* Defines a kernel from `run`, which does `loops.run` elements of which each follows the one before: (params, input_1,
 * input_2, output). */
#define BW_DEFINE_RUNS(function, type, run)                                                                            \
    void function(const function##_params *p, const type *input_1, const type *input_2, type *output) {                \
        int32_t index[BW_ELEMENTWISE_OUTER] = {0}, at_1 = 0, at_2 = 0;                                                 \
        do {                                                                                                           \
            run(p, input_1 + at_1, input_2 + at_2, output);                                                            \
            output += p->loops.run;                                                                                    \
        } while (bw_broadcast_next(&p->loops, index, &at_1, &at_2));                                                   \
    }

#endif /* BW_ELEMENTWISE_H */
