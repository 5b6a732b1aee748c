/* Products of int16, four elements at a time: 10 instructions. */
#include "bw_elementwise_product_s16.h"

#include "bw_clamp_run_s16.h"

static void run(const bw_elementwise_product_s16_params *p, const int16_t *x, const int16_t *y, int16_t *output) {
#ifdef __ARM_FEATURE_MVE
    int16_t *to = output;
    __asm__ volatile("dlstp.32     lr, %[count]       \n"
                     "1:                              \n"
                     "vldrh.s32    q0, [%[x]], #8     \n"
                     "vldrh.s32    q1, [%[y]], #8     \n"
                     "vmul.i32     q0, q0, q1         \n"
                     "vqrdmulh.s32 q0, q0, %[by]      \n"
                     "vshr.s32     q1, q0, #31        \n" /* ties away from zero */
                     "vadd.i32     q0, q0, q1         \n"
                     "vrshl.s32    q0, %[down]        \n"
                     "vqmovnb.s32  q0, q0             \n"
                     "vstrh.32     q0, [%[to]], #8    \n"
                     "letp         lr, 1b             \n"
                     : [x] "+l"(x), [y] "+l"(y), [to] "+l"(to)
                     : [count] "r"(p->loops.run), [by] "r"(p->multiplier), [down] "r"(-p->right)
                     : "lr", "q0", "q1", "memory");
    bw_clamp_run_s16(output, p->loops.run, p->low, p->high);
#else
    for (int32_t i = 0; i < p->loops.run; ++i) {
        const int32_t value = bw_requantize_double(x[i] * y[i], p->multiplier, -p->right);
        output[i] = (int16_t)bw_clamp(value, p->low, p->high);
    }
#endif
}

BW_DEFINE_RUNS(bw_elementwise_product_s16, int16_t, run)
