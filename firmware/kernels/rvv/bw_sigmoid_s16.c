/* Logistic function and hyperbolic tangent, VLEN / 8 values at a time: some 30 instructions. */
#include "bw_sigmoid_s16.h"

#include "bw_sigmoid_form.h"

#ifdef __riscv_vector

#include <riscv_vector.h>

void bw_sigmoid_s16(const bw_sigmoid_s16_params *p, const int16_t *input, int16_t *output) {
    const bw_sigmoid_form form = bw_sigmoid_form_of(p->is_tanh);
    const uint32_t mask = (1U << form.bits) - 1U;
    const size_t bits = (size_t)form.bits;
    for (int32_t left = p->size; left > 0;) {
        const size_t n = __riscv_vsetvl_e32m4((size_t)left);
        vint32m4_t x = __riscv_vsext_vf2_i32m4(__riscv_vle16_v_i16m2(input, n), n);
        x = __riscv_vmul_vx_i32m4(x, p->multiplier, n);
        x = __riscv_vssra_vx_i32m4(x, (size_t)p->shift, __RISCV_VXRM_RNU, n);
        const vint32m4_t sign = __riscv_vsra_vx_i32m4(x, 31, n);
        const vint32m4_t size = __riscv_vsub_vv_i32m4(__riscv_vxor_vv_i32m4(x, sign, n), sign, n);
        const vuint32m4_t magnitude = __riscv_vreinterpret_v_i32m4_u32m4(size);
        const vuint32m4_t within = __riscv_vminu_vx_u32m4(magnitude, (254U << bits) | mask, n);
        const vuint32m4_t place = __riscv_vsll_vx_u32m4(__riscv_vsrl_vx_u32m4(within, bits, n), 1, n);
        const vuint32m4_t begin = __riscv_vzext_vf2_u32m4(__riscv_vluxei32_v_u16m2(p->table, place, n), n);
        const vuint32m4_t end = __riscv_vzext_vf2_u32m4(__riscv_vluxei32_v_u16m2(p->table + 1, place, n), n);
        const vuint32m4_t rise = __riscv_vsub_vv_u32m4(end, begin, n);
        vuint32m4_t level = __riscv_vsll_vx_u32m4(begin, bits, n);
        level = __riscv_vmacc_vv_u32m4(level, rise, __riscv_vand_vx_u32m4(within, mask, n), n);
        const vbool8_t flat = __riscv_vmsgtu_vx_u32m4_b8(magnitude, (254U << bits) | mask, n);
        level = __riscv_vmerge_vxm_u32m4(level, (uint32_t)form.most, flat, n);
        vint32m4_t value = __riscv_vsub_vx_i32m4(__riscv_vreinterpret_v_u32m4_i32m4(level), form.middle, n);
        value = __riscv_vadd_vx_i32m4(__riscv_vxor_vv_i32m4(value, sign, n), form.offset, n);
        __riscv_vse16_v_i16m2(output, __riscv_vnsra_wx_i16m2(value, (size_t)form.down, n), n);
        input += n, output += n, left -= (int32_t)n;
    }
}

#else

void bw_sigmoid_s16(const bw_sigmoid_s16_params *p, const int16_t *input, int16_t *output) {
    const bw_sigmoid_form form = bw_sigmoid_form_of(p->is_tanh);
    const int32_t mask = (1 << form.bits) - 1, last = (254 << form.bits) | mask;
    for (int32_t i = 0; i < p->size; ++i) {
        const int32_t half = p->shift > 0 ? 1 << (p->shift - 1) : 0;
        const int32_t x = (input[i] * p->multiplier + half) >> p->shift, magnitude = x < 0 ? -x : x;
        const int32_t within = magnitude < last ? magnitude : last;
        const uint16_t *const line = p->table + (within >> form.bits);
        const int32_t sloped = (line[0] << form.bits) + (within & mask) * (line[1] - line[0]);
        const int32_t level = (magnitude > last ? form.most : sloped) - form.middle;
        output[i] = (int16_t)(((x < 0 ? ~level : level) + form.offset) >> form.down);
    }
}

#endif
