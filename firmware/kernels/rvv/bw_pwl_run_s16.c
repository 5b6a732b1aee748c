/* Runs of piecewise linear functions, VLEN / 4 values at a time: some 25 instructions.
 *
 * With the knots' values T and U at both ends of a line, of b bits in which x goes on by r, the tangent is
 *     ((T << b) + (U - T) r + 2^(b - 1)) >> b = T + VSMUL(U - T, r << (15 - b)), rounded half up,
 * and the logistic function, where values below zero have T and U negated,
 *     2^14 + ((T - floor((T - U) r / 2^b)) >> 1), in which VSMUL rounds down.
 */
#include "bw_pwl_run_s16.h"

#include "bw_pwl_s16.h"

#ifdef __riscv_vector

#include <riscv_vector.h>

/* Halfwords of a vector; signs among them are 0 or -1. */
typedef vint16m4_t values;

/* x where the sign is 0, else -x. */
static inline values negated(values x, values sign, size_t n) {
    return __riscv_vsub_vv_i16m4(__riscv_vxor_vv_i16m4(x, sign, n), sign, n);
}

/* The magnitude of x, at most where the last line ends. */
static inline vuint16m4_t magnitude(values x, values sign, int32_t bits, size_t n) {
    const int32_t last = BW_PWL_LAST << bits;
    const vuint16m4_t size = __riscv_vreinterpret_v_i16m4_u16m4(negated(x, sign, n));
    return __riscv_vminu_vx_u16m4(size, (uint16_t)(last < 0xFFFF ? last : 0xFFFF), n);
}

static inline values rest(vuint16m4_t size, int32_t bits, size_t n) {
    const vuint16m4_t within = __riscv_vand_vx_u16m4(size, (uint16_t)((1 << bits) - 1), n);
    return __riscv_vreinterpret_v_u16m4_i16m4(__riscv_vsll_vx_u16m4(within, (size_t)(15 - bits), n));
}

/* Offsets in bytes of the knots before. */
static inline vuint16m4_t knots(vuint16m4_t size, int32_t bits, size_t n) {
    return __riscv_vsll_vx_u16m4(__riscv_vsrl_vx_u16m4(size, (size_t)bits, n), 1, n);
}

void bw_tanh_run_s16(const int16_t *from, int32_t count, int32_t integer_bits, int16_t *to) {
    const int32_t bits = 10 - integer_bits;
    while (count > 0) {
        const size_t n = __riscv_vsetvl_e16m4((size_t)count);
        const values x = __riscv_vle16_v_i16m4(from, n), sign = __riscv_vsra_vx_i16m4(x, 15, n);
        const vuint16m4_t size = magnitude(x, sign, bits, n), place = knots(size, bits, n);
        const values begin = __riscv_vluxei16_v_i16m4(bw_pwl_knots_s16, place, n);
        const values rise = __riscv_vsub_vv_i16m4(__riscv_vluxei16_v_i16m4(bw_pwl_knots_s16 + 1, place, n), begin, n);
        const values share = __riscv_vsmul_vv_i16m4(rise, rest(size, bits, n), __RISCV_VXRM_RNU, n);
        __riscv_vse16_v_i16m4(to, negated(__riscv_vadd_vv_i16m4(begin, share, n), sign, n), n);
        from += n, to += n, count -= (int32_t)n;
    }
}

void bw_logistic_run_s16(const int16_t *from, int32_t count, int32_t integer_bits, int16_t *to) {
    const int32_t bits = 11 - integer_bits;
    while (count > 0) {
        const size_t n = __riscv_vsetvl_e16m4((size_t)count);
        const values x = __riscv_vle16_v_i16m4(from, n), sign = __riscv_vsra_vx_i16m4(x, 15, n);
        const vuint16m4_t size = magnitude(x, sign, bits, n), place = knots(size, bits, n);
        const values begin = negated(__riscv_vluxei16_v_i16m4(bw_pwl_knots_s16, place, n), sign, n);
        const values end = negated(__riscv_vluxei16_v_i16m4(bw_pwl_knots_s16 + 1, place, n), sign, n);
        const values fall = __riscv_vsub_vv_i16m4(begin, end, n);
        const values share = __riscv_vsmul_vv_i16m4(fall, rest(size, bits, n), __RISCV_VXRM_RDN, n);
        const values tangent = __riscv_vsub_vv_i16m4(begin, share, n);
        __riscv_vse16_v_i16m4(to, __riscv_vadd_vx_i16m4(__riscv_vsra_vx_i16m4(tangent, 1, n), 1 << 14, n), n);
        from += n, to += n, count -= (int32_t)n;
    }
}

#else

void bw_tanh_run_s16(const int16_t *from, int32_t count, int32_t integer_bits, int16_t *to) {
    for (int32_t i = 0; i < count; ++i) {
        to[i] = (int16_t)bw_tanh_pwl(from[i], integer_bits);
    }
}

void bw_logistic_run_s16(const int16_t *from, int32_t count, int32_t integer_bits, int16_t *to) {
    for (int32_t i = 0; i < count; ++i) {
        to[i] = (int16_t)bw_logistic_pwl(from[i], integer_bits);
    }
}

#endif
