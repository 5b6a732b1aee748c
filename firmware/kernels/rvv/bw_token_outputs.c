/* Outputs of token-wise layers with vectors: 30 instructions for VLEN / 8.
 *
 * The product of 64 bits is two words, to which the offset's are added with their carry. Both shifts look at five bits
 * of their amounts: where it is 32 and more, the high word alone is shifted.
 */
#include "bw_token_outputs.h"

#include "bw_fixedpoint.h"

#ifdef __riscv_vector

#include <riscv_vector.h>

typedef vint32m4_t words;
typedef vuint32m4_t bits;

static inline bits plain(words a) { return __riscv_vreinterpret_v_i32m4_u32m4(a); }
static inline words with_sign(bits a) { return __riscv_vreinterpret_v_u32m4_i32m4(a); }

/* The outputs of n units. */
static words outputs(const int32_t *sums, const int32_t *multiplier, int32_t scale, const int32_t *offset,
                     const int8_t *right, size_t n) {
    const words sum = __riscv_vle32_v_i32m4(sums, n);
    const words factor = __riscv_vmul_vx_i32m4(__riscv_vle32_v_i32m4(multiplier, n), scale, n);
    const bits lower = plain(__riscv_vlse32_v_i32m4(offset, 8, n));
    bits low = plain(__riscv_vmul_vv_i32m4(sum, factor, n));
    words high = __riscv_vmulh_vv_i32m4(sum, factor, n);
    const vbool8_t carry = __riscv_vmadc_vv_u32m4_b8(low, lower, n);
    low = __riscv_vadd_vv_u32m4(low, lower, n);
    high = __riscv_vadc_vvm_i32m4(high, __riscv_vlse32_v_i32m4(offset + 1, 8, n), carry, n);
    const bits amount = __riscv_vzext_vf4_u32m4(__riscv_vle8_v_u8m1((const uint8_t *)right, n), n);
    const bits up = __riscv_vsll_vv_u32m4(plain(high), __riscv_vrsub_vx_u32m4(amount, 0, n), n);
    const words both = with_sign(__riscv_vor_vv_u32m4(__riscv_vsrl_vv_u32m4(low, amount, n), up, n));
    const vbool8_t far = __riscv_vmsgtu_vx_u32m4_b8(amount, 31, n);
    return __riscv_vmerge_vvm_i32m4(both, __riscv_vsra_vv_i32m4(high, amount, n), far, n);
}

void bw_token_outputs(const bw_token_layer *p, int32_t unit, int32_t count, const int32_t *sums, int32_t scale,
                      const int64_t *offset, void *output) {
    const int32_t *multiplier = p->multiplier + unit, *words_of = (const int32_t *)(const void *)offset;
    const int8_t *right = p->right + unit;
    int8_t *to = output;
    while (count > 0) {
        const size_t n = __riscv_vsetvl_e32m4((size_t)count);
        words values = outputs(sums, multiplier, scale, words_of, right, n);
        values = __riscv_vmin_vx_i32m4(__riscv_vmax_vx_i32m4(values, p->low, n), p->high, n);
        const vint16m2_t halfwords = __riscv_vncvt_x_x_w_i16m2(values, n);
        if (p->output_bytes == 1) {
            __riscv_vse8_v_i8m1(to, __riscv_vncvt_x_x_w_i8m1(halfwords, n), n);
        } else {
            __riscv_vse16_v_i16m2((int16_t *)(void *)to, halfwords, n);
        }
        sums += n, multiplier += n, words_of += 2 * n, right += n, count -= (int32_t)n;
        to += (int32_t)n * p->output_bytes;
    }
}

#else

void bw_token_outputs(const bw_token_layer *p, int32_t unit, int32_t count, const int32_t *sums, int32_t scale,
                      const int64_t *offset, void *output) {
    for (int32_t i = 0; i < count; ++i) {
        const int32_t factor = p->multiplier[unit + i] * scale;
        const int32_t value = bw_token_output(sums[i], factor, offset[i], p->right[unit + i]);
        if (p->output_bytes == 1) {
            ((int8_t *)output)[i] = (int8_t)bw_clamp(value, p->low, p->high);
        } else {
            ((int16_t *)output)[i] = (int16_t)bw_clamp(value, p->low, p->high);
        }
    }
}

#endif
