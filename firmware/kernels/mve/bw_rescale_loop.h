/* The loop of bw_rescale_s16 and bw_rescale_s16_s8 on Helium, four elements at a time: 8 instructions, and 3 for a
 * second rounding. */
#ifndef BW_RESCALE_LOOP_H
#define BW_RESCALE_LOOP_H

#include "bw_fixedpoint.h"

#ifdef __ARM_FEATURE_MVE

/* clang-format off */
#define BW_RESCALE_RUN(store, middle) \
    __asm__ volatile( \
        "vdup.32      q2, %[low] \n" \
        "vdup.32      q3, %[high] \n" \
        "wlstp.32     lr, %[count], 2f \n" \
        "1: \n" \
        "vldrh.s32    q0, [%[from]], #8 \n" \
        "vsub.i32     q0, q0, %[point] \n" \
        middle \
        "vadd.i32     q0, q0, %[offset] \n" \
        "vmax.s32     q0, q0, q2 \n" \
        "vmin.s32     q0, q0, q3 \n" \
        store " \n" \
        "letp         lr, 1b \n" \
        "2: \n" \
        : [from] "+l"(input), [to] "+l"(output) \
        : [count] "r"(p->size), [point] "r"(p->input_zero_point), [by] "r"(p->multiplier), [low] "r"(p->low), \
          [shift] "r"(p->right > 0 ? -p->right : p->left), [offset] "r"(p->output_zero_point), [high] "r"(p->high) \
        : "lr", "q0", "q1", "q2", "q3", "memory")
/* clang-format on */

#define BW_RESCALE_LOOP(type)                                                                                          \
    if (p->right > 0) {                                                                                                \
        BW_RESCALE_RUN(BW_RESCALE_STORE_##type, "vqrdmulh.s32 q0, q0, %[by] \n"                                        \
                                                "vshr.s32     q1, q0, #31 \n" /* ties away from zero */                \
                                                "vadd.i32     q0, q0, q1 \n"                                           \
                                                "vrshl.s32    q0, %[shift] \n");                                       \
    } else {                                                                                                           \
        BW_RESCALE_RUN(BW_RESCALE_STORE_##type, "vshl.s32     q0, %[shift] \n"                                         \
                                                "vqrdmulh.s32 q0, q0, %[by] \n");                                      \
    }
#define BW_RESCALE_STORE_int16_t "vstrh.32 q0, [%[to]], #8"
#define BW_RESCALE_STORE_int8_t  "vstrb.32 q0, [%[to]], #4"

#else

#define BW_RESCALE_LOOP(type)                                                                                          \
    for (int32_t i = 0; i < p->size; ++i) {                                                                            \
        const int32_t value = bw_requantize_double(input[i] - p->input_zero_point, p->multiplier, p->left - p->right); \
        output[i] = (type)bw_clamp(value + p->output_zero_point, p->low, p->high);                                     \
    }

#endif

#endif /* BW_RESCALE_LOOP_H */
