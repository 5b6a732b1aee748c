#include "bw_elementwise_linear_s8.h"

#include "bw_cores.h"
#include "bw_fixedpoint.h"
#include "bw_xcv.h"

#if BW_HAS_XCV

/* Elements of one core. Fields of the parameters, by their offset: 4 and 8 multipliers, 12 offset, 16 right. */
/* clang-format off */
__asm__(
    "function bw_elements_linear_s8\n"
    " lw t1, 4(a0)\n lw t2, 8(a0)\n lw t3, 12(a0)\n lw t4, 16(a0)\n blez a4, 1f\n"
    " hardware_loop a4, 7\n"
    " lb_post t5, a1, 1\n lb_post t6, a2, 1\n mul t5, t5, t1\n mac t5, t6, t2\n"
    " add_shift t5, t3, t4\n clip_s8 t5, t5\n sb_post t5, a3, 1\n"
    "1: ret\n"
    "end_function bw_elements_linear_s8\n");
/* clang-format on */

void bw_elements_linear_s8(const bw_elementwise_linear_s8_params *p, const int8_t *input_1, const int8_t *input_2,
                           int8_t *output, int32_t count);

#else

static void bw_elements_linear_s8(const bw_elementwise_linear_s8_params *p, const int8_t *input_1,
                                  const int8_t *input_2, int8_t *output, int32_t count) {
    for (int32_t i = 0; i < count; ++i) {
        const int32_t sum = input_1[i] * p->multiplier_1 + input_2[i] * p->multiplier_2 + p->offset;
        output[i] = (int8_t)bw_clamp(sum >> p->right, -128, 127);
    }
}

#endif

void bw_elementwise_linear_s8(const bw_elementwise_linear_s8_params *p, const int8_t *input_1, const int8_t *input_2,
                              int8_t *output) {
    const bw_share share = bw_share_of(p->size);
    bw_elements_linear_s8(p, input_1 + share.begin, input_2 + share.begin, output + share.begin,
                          share.end - share.begin);
}
