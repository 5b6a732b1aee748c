/* Products of int8, four elements at a time: 14 instructions, 11 where the second input stays. */
#include "bw_elementwise_product_s8.h"

#include "bw_product_runs_s8.h"

#ifdef __ARM_FEATURE_MVE

#include <stddef.h>

/* In front of a loop, that of `own`: its zero point in all lanes of q2, and the second input's offset in those of q3.
 */
#define BEGIN                                                                                                          \
    "ldr          lr, [%[own], %[point]] \n"                                                                           \
    "vdup.32      q2, lr                 \n"                                                                           \
    "ldr          lr, [%[own], %[second]]\n"                                                                           \
    "vdup.32      q3, lr                 \n"                                                                           \
    "dlstp.32     lr, %[count]           \n"                                                                           \
    "1:                                  \n"                                                                           \
    "vldrb.s32    q0, [%[x]], #4         \n"                                                                           \
    "vadd.i32     q0, q0, %[first]       \n"

/* From the product in q0 to the loop's end. */
#define FINISH                                                                                                         \
    "vqrdmulh.s32 q0, q0, %[by]          \n"                                                                           \
    "vshr.s32     q1, q0, #31            \n" /* ties away from zero */                                                 \
    "vadd.i32     q0, q0, q1             \n"                                                                           \
    "vrshl.s32    q0, %[down]            \n"                                                                           \
    "vadd.i32     q0, q0, q2             \n"                                                                           \
    "vqmovnb.s32  q0, q0                 \n"                                                                           \
    "vqmovnb.s16  q0, q0                 \n"                                                                           \
    "vstrb.32     q0, [%[to]], #4        \n"                                                                           \
    "letp         lr, 1b                 \n"

#define OWN                                                                                                            \
    [own] "r"(p), [count] "r"(p->loops.run), [first] "r"(p->offset_1), [by] "r"(p->multiplier), [down] "r"(-p->right), \
        [point] "i"(offsetof(bw_elementwise_product_s8_params, zero_point)),                                           \
        [second] "i"(offsetof(bw_elementwise_product_s8_params, offset_2))

static void by_each(const bw_elementwise_product_s8_params *p, const int8_t *x, const int8_t *y, int8_t *to) {
    __asm__ volatile(BEGIN "vldrb.s32    q1, [%[y]], #4         \n"
                           "vadd.i32     q1, q1, q3             \n"
                           "vmul.i32     q0, q0, q1             \n" FINISH
                     : [x] "+l"(x), [y] "+l"(y), [to] "+l"(to)
                     : OWN
                     : "lr", "q0", "q1", "q2", "q3", "memory");
}

static void by_one(const bw_elementwise_product_s8_params *p, const int8_t *x, int8_t y, int8_t *to) {
    __asm__ volatile(BEGIN "vmul.i32     q0, q0, %[factor]      \n" FINISH
                     : [x] "+l"(x), [to] "+l"(to)
                     : OWN, [factor] "r"(y + p->offset_2)
                     : "lr", "q0", "q1", "q2", "q3", "memory");
}

#else

static void by_each(const bw_elementwise_product_s8_params *p, const int8_t *x, const int8_t *y, int8_t *to) {
    for (int32_t i = 0; i < p->loops.run; ++i) {
        const int32_t product = (x[i] + p->offset_1) * (y[i * p->loops.step_2] + p->offset_2);
        const int32_t value = bw_requantize_double(product, p->multiplier, -p->right);
        to[i] = (int8_t)bw_clamp(value + p->zero_point, INT8_MIN, INT8_MAX);
    }
}

static void by_one(const bw_elementwise_product_s8_params *p, const int8_t *x, int8_t y, int8_t *to) {
    by_each(p, x, &y, to);
}

#endif

BW_DEFINE_PRODUCT_RUNS(by_each, by_one)
