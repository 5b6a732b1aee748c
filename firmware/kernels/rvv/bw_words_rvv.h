/* Element-wise arithmetic of int16 with vectors: words of a whole group of registers, requantized DOUBLE. */
#ifndef BW_WORDS_RVV_H
#define BW_WORDS_RVV_H

#include "bw_rvv.h"

#ifdef __riscv_vector

/* Halfwords as words; words as halfwords, clamped. */
static inline bw_words bw_widen_halfwords(const int16_t *from, size_t n) {
    return __riscv_vsext_vf2_i32m8(__riscv_vle16_v_i16m4(from, n), n);
}
static inline vint16m4_t bw_clamped_halfwords(bw_words a, int32_t low, int32_t high, size_t n) {
    const vint16m4_t narrow = __riscv_vnclip_wx_i16m4(a, 0, __RISCV_VXRM_RNU, n);
    return __riscv_vmin_vx_i16m4(__riscv_vmax_vx_i16m4(narrow, (int16_t)low, n), (int16_t)high, n);
}

/* floor((a * multiplier + 2^30) / 2^31) / 2^right, ties away from zero. */
static inline bw_words bw_requantize_words(bw_words a, int32_t multiplier, int32_t right, size_t n) {
    const bw_words high = bw_multiply_high_by(a, multiplier, n);
    return right > 0 ? bw_round(bw_lower_negative(high, n), right, n) : high;
}

#endif

#endif /* BW_WORDS_RVV_H */
