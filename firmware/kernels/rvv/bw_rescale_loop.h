/* The loop of bw_rescale_s16 and bw_rescale_s16_s8 with vectors, VLEN / 4 elements at a time: some 18 instructions. */
#ifndef BW_RESCALE_LOOP_H
#define BW_RESCALE_LOOP_H

#include "bw_words_rvv.h"

#ifdef __riscv_vector

#define BW_RESCALE_LOOP(type)                                                                                          \
    const bw_rescale_s16_params own = *p;                                                                              \
    for (int32_t rest = own.size; rest > 0;) {                                                                         \
        const size_t n = bw_lanes(rest);                                                                               \
        bw_words value = bw_add_value(bw_widen_halfwords(input, n), -own.input_zero_point, n);                         \
        value = bw_requantize_words(bw_shift_left(value, own.left, n), own.multiplier, own.right, n);                  \
        BW_RESCALE_STORE_##type(output, bw_add_value(value, own.output_zero_point, n));                                \
        input += n, output += n, rest -= (int32_t)n;                                                                   \
    }
#define BW_RESCALE_STORE_int16_t(to, value)                                                                            \
    __riscv_vse16_v_i16m4(to, bw_clamped_halfwords(value, own.low, own.high, n), n)
#define BW_RESCALE_STORE_int8_t(to, value) bw_store_bytes(to, bw_narrow(value, 0, own.low, own.high, n), n)

#else

#define BW_RESCALE_LOOP(type)                                                                                          \
    for (int32_t i = 0; i < p->size; ++i) {                                                                            \
        const int32_t value = bw_requantize_double(input[i] - p->input_zero_point, p->multiplier, p->left - p->right); \
        output[i] = (type)bw_clamp(value + p->output_zero_point, p->low, p->high);                                     \
    }

#endif

#endif /* BW_RESCALE_LOOP_H */
