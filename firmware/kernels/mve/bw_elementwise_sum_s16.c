/* Sums of int16, four elements at a time: 13 instructions, and 3 where the second input is rounded twice. */
#include "bw_elementwise_sum_s16.h"

#include "bw_clamp_run_s16.h"

#ifdef __ARM_FEATURE_MVE

/* clang-format off */

#define TWICE(by, down) "vqrdmulh.s32 q1, q1, " by " \n" ROUND(down)
#define ROUND(down) \
    "vshr.s32  q2, q1, #31 \n" /* ties away from zero */ \
    "vadd.i32  q1, q1, q2 \n" \
    "vrshl.s32 q1, " down " \n"
/* y in q1 */
#define RUN(second) \
    __asm__ volatile( \
        "dlstp.32  lr, %[count] \n" \
        "1: \n" \
        "vldrh.s32 q0, [%[x]], #8 \n" \
        "vldrh.s32 q1, [%[y]], #8 \n" \
        "vshl.i32  q1, q1, #15 \n" \
        second \
        "vmul.i32  q1, q1, %[w2] \n" \
        "vmla.s32  q1, q0, %[w1] \n" \
        TWICE("%[m]", "%[r]") \
        "vqmovnb.s32 q1, q1 \n" \
        "vstrh.32  q1, [%[to]], #8 \n" \
        "letp      lr, 1b \n" \
        : [x] "+l"(x), [y] "+l"(y), [to] "+l"(to) \
        : [count] "r"(p->loops.run), [w1] "r"(p->weight_1 / 2), [w2] "r"(p->weight_2 / 2), \
          [m2] "r"(p->multiplier_2), [r2] "r"(-p->right_2), [m] "r"(p->multiplier), [r] "r"(-p->right) \
        : "lr", "q0", "q1", "q2", "memory")

/* clang-format on */

static void run(const bw_elementwise_sum_s16_params *p, const int16_t *x, const int16_t *y, int16_t *output) {
    int16_t *to = output;
    if (p->right_2 == 0) {
        RUN("vqrdmulh.s32 q1, q1, %[m2] \n");
    } else {
        RUN(TWICE("%[m2]", "%[r2]"));
    }
    bw_clamp_run_s16(output, p->loops.run, p->low, p->high);
}

#else

static void run(const bw_elementwise_sum_s16_params *p, const int16_t *x, const int16_t *y, int16_t *output) {
    for (int32_t i = 0; i < p->loops.run; ++i) {
        const int32_t second = bw_requantize_double(bw_shl32(y[i], 15), p->multiplier_2, -p->right_2);
        const int32_t sum = x[i] * (p->weight_1 / 2) + second * (p->weight_2 / 2);
        const int32_t value = bw_requantize_double(sum, p->multiplier, -p->right);
        output[i] = (int16_t)bw_clamp(value, p->low, p->high);
    }
}

#endif

BW_DEFINE_RUNS(bw_elementwise_sum_s16, int16_t, run)
