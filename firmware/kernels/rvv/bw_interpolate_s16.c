/* Functions by table, VLEN / 4 values at a time: some 16 instructions, where steps of the table fit int16.
 *
 * With the line's ends T and U, of 128 values in which x goes on by r, T + (((U - T) r + 64) >> 7) is
 * T + VSMUL(U - T, r << 8), rounded half up.
 */
#include "bw_interpolate_s16.h"

#include "bw_interpolation.h"
#include "bw_rvv.h"

void bw_interpolate_s16(const bw_interpolate_s16_params *p, const int16_t *input, int16_t *output) {
    int32_t left = p->size;
#ifdef __riscv_vector
    const int16_t *const table = p->table;
    while (left > 0 && !p->steep) {
        const size_t n = __riscv_vsetvl_e16m4((size_t)left);
        const vuint16m4_t x = __riscv_vle16_v_u16m4((const uint16_t *)input, n);
        const vuint16m4_t line = __riscv_vsrl_vx_u16m4(__riscv_vxor_vx_u16m4(x, 0x8000, n), 7, n);
        const vuint16m4_t place = __riscv_vsll_vx_u16m4(line, 1, n);
        const vuint16m4_t rest = __riscv_vsll_vx_u16m4(__riscv_vand_vx_u16m4(x, 0x7F, n), 8, n);
        const vint16m4_t begin = __riscv_vluxei16_v_i16m4(table, place, n);
        const vint16m4_t rise = __riscv_vsub_vv_i16m4(__riscv_vluxei16_v_i16m4(table + 1, place, n), begin, n);
        const vint16m4_t share =
            __riscv_vsmul_vv_i16m4(rise, __riscv_vreinterpret_v_u16m4_i16m4(rest), __RISCV_VXRM_RNU, n);
        __riscv_vse16_v_i16m4(output, __riscv_vadd_vv_i16m4(begin, share, n), n);
        input += n, output += n, left -= (int32_t)n;
    }
#endif
    for (int32_t i = 0; i < left; ++i) {
        output[i] = (int16_t)bw_interpolated(p->table, input[i]);
    }
}
