/* The vector operations that the kernels use (RVV 1.0 with Zve32x, any VLEN from 64 bits on), with a portable
 * definition of each for the host.
 *
 * One lane is one channel. A vector has VLEN / 4 lanes, whatever the size of its elements: bytes of two registers,
 * halfwords of four, words of eight. `n` is how many lanes an operation works on; what the others hold is unspecified.
 */
#ifndef BW_RVV_H
#define BW_RVV_H

#include "bw_fixedpoint.h"
#include <stdint.h>
#include <string.h>

#ifdef __riscv_vector
#include <riscv_vector.h>

typedef vint32m8_t bw_words;
typedef vint16m4_t bw_halfwords;
typedef vint8m2_t bw_bytes;
typedef vuint32m4_t bw_shifts; /* of half of the lanes */

/* How many lanes to work on next when so many are left. */
static inline size_t bw_lanes(int32_t left) { return __riscv_vsetvl_e32m8((size_t)left); }

static inline bw_words bw_load_words(const int32_t *from, size_t n) { return __riscv_vle32_v_i32m8(from, n); }

/* The same value in all lanes. */
static inline bw_words bw_splat_words(int32_t value, size_t n) { return __riscv_vmv_v_x_i32m8(value, n); }
static inline bw_bytes bw_splat_bytes(int32_t value, size_t n) { return __riscv_vmv_v_x_i8m2((int8_t)value, n); }

/* Bytes, as halfwords. */
static inline bw_halfwords bw_load_bytes(const int8_t *from, size_t n) {
    return __riscv_vsext_vf2_i16m4(__riscv_vle8_v_i8m2(from, n), n);
}

/* Bytes that are `step` apart. */
static inline bw_halfwords bw_gather_bytes(const int8_t *from, int32_t step, size_t n) {
    return __riscv_vsext_vf2_i16m4(__riscv_vlse8_v_i8m2(from, step, n), n);
}

/* sum + x * w, with one x for all lanes and with one for each. */
static inline bw_words bw_mac(bw_words sum, int8_t x, bw_halfwords w, size_t n) {
    return __riscv_vwmacc_vx_i32m8(sum, x, w, n);
}
static inline bw_words bw_mac_each(bw_words sum, bw_halfwords x, bw_halfwords w, size_t n) {
    return __riscv_vwmacc_vv_i32m8(sum, x, w, n);
}

/* a / count, ties away from zero. */
static inline bw_words bw_mean(bw_words a, int32_t count, size_t n) {
    const vint32m8_t negative = __riscv_vand_vx_i32m8(__riscv_vsra_vx_i32m8(a, 31, n), -2 * (count / 2), n);
    const vint32m8_t lifted = __riscv_vadd_vx_i32m8(__riscv_vadd_vv_i32m8(a, negative, n), count / 2, n);
    return __riscv_vdiv_vx_i32m8(lifted, count, n);
}

/* floor((a + offset) / count) for sums of which none is negative. */
static inline bw_words bw_quotient(bw_words a, int32_t offset, int32_t count, size_t n) {
    return __riscv_vdiv_vx_i32m8(__riscv_vadd_vx_i32m8(a, offset, n), count, n);
}

/* floor((a * b + 2^30) / 2^31) */
static inline bw_words bw_multiply_high(bw_words a, bw_words b, size_t n) {
    return __riscv_vsmul_vv_i32m8(a, b, __RISCV_VXRM_RNU, n);
}

/* Values below zero less one: what makes bw_round_* round their ties away from zero. */
static inline bw_words bw_lower_negative(bw_words a, size_t n) {
    return __riscv_vadd_vv_i32m8(a, __riscv_vsra_vx_i32m8(a, 31, n), n);
}

/* Right shifts, one byte per lane, and their application with rounding half up to the first half of the lanes and to
 * the second, of which n are worked on. */
static inline size_t bw_half_lanes(void) { return __riscv_vsetvlmax_e32m4(); }
static inline bw_shifts bw_load_shifts(const int8_t *from, size_t n) {
    return __riscv_vzext_vf4_u32m4(__riscv_vle8_v_u8m1((const uint8_t *)from, n), n);
}
static inline bw_words bw_round_first(bw_words a, bw_shifts right, size_t n) {
    const vint32m4_t half = __riscv_vssra_vv_i32m4(__riscv_vget_v_i32m8_i32m4(a, 0), right, __RISCV_VXRM_RNU, n);
    return __riscv_vset_v_i32m4_i32m8(a, 0, half);
}
static inline bw_words bw_round_second(bw_words a, bw_shifts right, size_t n) {
    const vint32m4_t half = __riscv_vssra_vv_i32m4(__riscv_vget_v_i32m8_i32m4(a, 1), right, __RISCV_VXRM_RNU, n);
    return __riscv_vset_v_i32m4_i32m8(a, 1, half);
}

/* The rounding high product and the rounding shift with one multiplier and shift for all lanes. */
static inline bw_words bw_multiply_high_by(bw_words a, int32_t b, size_t n) {
    return __riscv_vsmul_vx_i32m8(a, b, __RISCV_VXRM_RNU, n);
}
static inline bw_words bw_round(bw_words a, int32_t right, size_t n) {
    return __riscv_vssra_vx_i32m8(a, (size_t)right, __RISCV_VXRM_RNU, n);
}

/* a + offset, clamped, as bytes; storing them, `step` apart where it is given. */
static inline bw_bytes bw_narrow(bw_words a, int32_t offset, int32_t low, int32_t high, size_t n) {
    const vint32m8_t moved = __riscv_vadd_vx_i32m8(a, offset, n);
    const vint16m4_t narrow = __riscv_vnclip_wx_i16m4(moved, 0, __RISCV_VXRM_RNU, n);
    const vint8m2_t bytes = __riscv_vnclip_wx_i8m2(narrow, 0, __RISCV_VXRM_RNU, n);
    return __riscv_vmin_vx_i8m2(__riscv_vmax_vx_i8m2(bytes, (int8_t)low, n), (int8_t)high, n);
}
static inline void bw_store_bytes(int8_t *to, bw_bytes a, size_t n) { __riscv_vse8_v_i8m2(to, a, n); }
static inline void bw_scatter_bytes(int8_t *to, int32_t step, bw_bytes a, size_t n) {
    __riscv_vsse8_v_i8m2(to, step, a, n);
}

/* The larger of bytes and those in memory; the smaller of bytes and one value. */
static inline bw_bytes bw_max_bytes(bw_bytes a, const int8_t *from, size_t n) {
    return __riscv_vmax_vv_i8m2(a, __riscv_vle8_v_i8m2(from, n), n);
}
static inline bw_bytes bw_min_bytes(bw_bytes a, int32_t high, size_t n) {
    return __riscv_vmin_vx_i8m2(a, (int8_t)high, n);
}

/* Bytes * multiplier + offset, which fit words, and (a + b) >> right, clamped to bytes. */
static inline bw_words bw_scale_bytes(const int8_t *from, int32_t multiplier, int32_t offset, size_t n) {
    const vint32m8_t wide = __riscv_vsext_vf4_i32m8(__riscv_vle8_v_i8m2(from, n), n);
    return __riscv_vadd_vx_i32m8(__riscv_vmul_vx_i32m8(wide, multiplier, n), offset, n);
}
static inline void bw_store_sum(int8_t *to, bw_words a, bw_words b, int32_t right, size_t n) {
    const vint32m8_t sum = __riscv_vsra_vx_i32m8(__riscv_vadd_vv_i32m8(a, b, n), (size_t)right, n);
    bw_store_bytes(to, bw_narrow(sum, 0, -128, 127, n), n);
}

/* The same of halfwords; words clamped to them; total and squares plus those of n of them, up to 2^16 at a time. */
static inline bw_words bw_scale_halfwords(const int16_t *from, int32_t multiplier, int32_t offset, size_t n) {
    const vint32m8_t wide = __riscv_vsext_vf2_i32m8(__riscv_vle16_v_i16m4(from, n), n);
    return __riscv_vadd_vx_i32m8(__riscv_vmul_vx_i32m8(wide, multiplier, n), offset, n);
}
static inline void bw_store_halfwords(int16_t *to, bw_words a, size_t n) {
    __riscv_vse16_v_i16m4(to, __riscv_vnclip_wx_i16m4(a, 0, __RISCV_VXRM_RNU, n), n);
}
static inline void bw_add_halfwords(const int16_t *from, int32_t *total, uint64_t *squares, size_t n) {
    const bw_halfwords x = __riscv_vle16_v_i16m4(from, n);
    const vint32m1_t sum = __riscv_vwredsum_vs_i16m4_i32m1(x, __riscv_vmv_s_x_i32m1(*total, n), n);
    const vuint32m8_t square = __riscv_vreinterpret_v_i32m8_u32m8(__riscv_vwmul_vv_i32m8(x, x, n));
    const vuint32m1_t none = __riscv_vmv_s_x_u32m1(0, n);
    const vuint32m1_t upper = __riscv_vredsum_vs_u32m8_u32m1(__riscv_vsrl_vx_u32m8(square, 16, n), none, n);
    const vuint32m1_t lower = __riscv_vredsum_vs_u32m8_u32m1(__riscv_vand_vx_u32m8(square, 0xFFFF, n), none, n);
    *total = __riscv_vmv_x_s_i32m1_i32(sum);
    *squares += ((uint64_t)__riscv_vmv_x_s_u32m1_u32(upper) << 16) + __riscv_vmv_x_s_u32m1_u32(lower);
}

/* The sum of n words and one more; words of at least `low`. */
static inline int32_t bw_total_words(bw_words a, int32_t sum, size_t n) {
    return __riscv_vmv_x_s_i32m1_i32(__riscv_vredsum_vs_i32m8_i32m1(a, __riscv_vmv_s_x_i32m1(sum, n), n));
}
static inline bw_words bw_at_least(bw_words a, int32_t low, size_t n) { return __riscv_vmax_vx_i32m8(a, low, n); }

/* table[from[i] + 128] */
static inline void bw_look_up(int8_t *to, const int8_t *table, const int8_t *from, size_t n) {
    const vuint8m2_t place = __riscv_vxor_vx_u8m2(__riscv_vle8_v_u8m2((const uint8_t *)from, n), 0x80, n);
    __riscv_vse8_v_i8m2(to, __riscv_vluxei8_v_i8m2(table, place, n), n);
}

/* Copy n bytes, all of which are read before the first is written. */
static inline void bw_copy_lanes(int8_t *to, const int8_t *from, size_t n) {
    __riscv_vse8_v_i8m2(to, __riscv_vle8_v_i8m2(from, n), n);
}

/* Copy and fill bytes, forwards: bytes may be moved down. */
static inline void bw_copy_bytes(int8_t *to, const int8_t *from, int32_t size) {
    while (size > 0) {
        const size_t n = __riscv_vsetvl_e8m8((size_t)size);
        __riscv_vse8_v_i8m8(to, __riscv_vle8_v_i8m8(from, n), n);
        to += n;
        from += n;
        size -= (int32_t)n;
    }
}
static inline void bw_fill_bytes(int8_t *to, int32_t value, int32_t size) {
    const vint8m8_t bytes = __riscv_vmv_v_x_i8m8((int8_t)value, __riscv_vsetvlmax_e8m8());
    while (size > 0) {
        const size_t n = __riscv_vsetvl_e8m8((size_t)size);
        __riscv_vse8_v_i8m8(to, bytes, n);
        to += n;
        size -= (int32_t)n;
    }
}
/* Copy n single bytes, so far apart. */
static inline void bw_copy_apart(int8_t *to, int32_t to_step, const int8_t *from, int32_t from_step, size_t n) {
    __riscv_vsse8_v_i8m2(to, to_step, __riscv_vlse8_v_i8m2(from, from_step, n), n);
}

/* The sum of words with one value or with those in memory, both within int32; shifts of words by one amount. */
static inline bw_words bw_add_value(bw_words a, int32_t value, size_t n) { return __riscv_vadd_vx_i32m8(a, value, n); }
static inline bw_words bw_add_words(bw_words a, const int32_t *from, size_t n) {
    return __riscv_vadd_vv_i32m8(a, bw_load_words(from, n), n);
}
static inline bw_words bw_shift_left(bw_words a, int32_t left, size_t n) {
    return __riscv_vsll_vx_i32m8(a, (size_t)left, n);
}
static inline bw_words bw_shift_right(bw_words a, int32_t right, size_t n) {
    return __riscv_vsra_vx_i32m8(a, (size_t)right, n);
}
static inline void bw_store_words(int32_t *to, bw_words a, size_t n) { __riscv_vse32_v_i32m8(to, a, n); }

/* sum + x * w with an x of 16 bits. */
static inline bw_words bw_mac_wide(bw_words sum, int16_t x, bw_halfwords w, size_t n) {
    return __riscv_vwmacc_vx_i32m8(sum, x, w, n);
}

/* total and squares plus those of n bytes. */
static inline void bw_add_bytes(const int8_t *from, int32_t *total, int32_t *squares, size_t n) {
    const bw_halfwords wide = bw_load_bytes(from, n);
    const vint32m1_t sum = __riscv_vwredsum_vs_i16m4_i32m1(wide, __riscv_vmv_s_x_i32m1(*total, n), n);
    const bw_words square = __riscv_vwmul_vv_i32m8(wide, wide, n);
    const vint32m1_t power = __riscv_vredsum_vs_i32m8_i32m1(square, __riscv_vmv_s_x_i32m1(*squares, n), n);
    *total = __riscv_vmv_x_s_i32m1_i32(sum);
    *squares = __riscv_vmv_x_s_i32m1_i32(power);
}

#else

#define BW_LANES 16 /* as with a VLEN of 64 bits */

typedef struct {
    int32_t lane[BW_LANES];
} bw_words;
typedef struct {
    int16_t lane[BW_LANES];
} bw_halfwords;
typedef struct {
    int8_t lane[BW_LANES];
} bw_bytes;
typedef struct {
    int8_t lane[BW_LANES / 2];
} bw_shifts;

static inline size_t bw_lanes(int32_t left) { return left < BW_LANES ? (size_t)left : BW_LANES; }

static inline bw_words bw_load_words(const int32_t *from, size_t n) {
    bw_words words = {{0}};
    memcpy(words.lane, from, n * sizeof *from);
    return words;
}

static inline bw_words bw_splat_words(int32_t value, size_t n) {
    bw_words words = {{0}};
    for (size_t i = 0; i < n; ++i) {
        words.lane[i] = value;
    }
    return words;
}
static inline bw_bytes bw_splat_bytes(int32_t value, size_t n) {
    bw_bytes bytes = {{0}};
    memset(bytes.lane, value, n);
    return bytes;
}

static inline bw_halfwords bw_load_bytes(const int8_t *from, size_t n) {
    bw_halfwords halfwords = {{0}};
    for (size_t i = 0; i < n; ++i) {
        halfwords.lane[i] = from[i];
    }
    return halfwords;
}

static inline bw_halfwords bw_gather_bytes(const int8_t *from, int32_t step, size_t n) {
    bw_halfwords halfwords = {{0}};
    for (size_t i = 0; i < n; ++i) {
        halfwords.lane[i] = from[(int32_t)i * step];
    }
    return halfwords;
}

static inline bw_words bw_mac(bw_words sum, int8_t x, bw_halfwords w, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        sum.lane[i] += x * w.lane[i];
    }
    return sum;
}
static inline bw_words bw_mac_each(bw_words sum, bw_halfwords x, bw_halfwords w, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        sum.lane[i] += x.lane[i] * w.lane[i];
    }
    return sum;
}

static inline bw_words bw_mean(bw_words a, int32_t count, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] = (a.lane[i] + (a.lane[i] < 0 ? -(count / 2) : count / 2)) / count;
    }
    return a;
}

static inline bw_words bw_quotient(bw_words a, int32_t offset, int32_t count, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] = (a.lane[i] + offset) / count;
    }
    return a;
}

static inline bw_words bw_multiply_high(bw_words a, bw_words b, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] = bw_srdhm(a.lane[i], b.lane[i]);
    }
    return a;
}

static inline bw_words bw_lower_negative(bw_words a, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] -= a.lane[i] < 0;
    }
    return a;
}

static inline bw_words bw_add_value(bw_words a, int32_t value, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] = bw_add32(a.lane[i], value);
    }
    return a;
}
static inline bw_words bw_add_words(bw_words a, const int32_t *from, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] = bw_add32(a.lane[i], from[i]);
    }
    return a;
}
static inline bw_words bw_shift_left(bw_words a, int32_t left, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] = bw_shl32(a.lane[i], left);
    }
    return a;
}
static inline bw_words bw_shift_right(bw_words a, int32_t right, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] >>= right;
    }
    return a;
}
static inline void bw_store_words(int32_t *to, bw_words a, size_t n) { memcpy(to, a.lane, n * sizeof *to); }
static inline bw_words bw_mac_wide(bw_words sum, int16_t x, bw_halfwords w, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        sum.lane[i] += x * w.lane[i];
    }
    return sum;
}
static inline void bw_add_bytes(const int8_t *from, int32_t *total, int32_t *squares, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        *total += from[i];
        *squares += from[i] * from[i];
    }
}

static inline size_t bw_half_lanes(void) { return BW_LANES / 2; }
static inline bw_shifts bw_load_shifts(const int8_t *from, size_t n) {
    bw_shifts shifts = {{0}};
    memcpy(shifts.lane, from, n);
    return shifts;
}
static inline bw_words bw_round_first(bw_words a, bw_shifts right, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] = bw_requantize_pow2(a.lane[i], right.lane[i]);
    }
    return a;
}
static inline bw_words bw_round_second(bw_words a, bw_shifts right, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[BW_LANES / 2 + i] = bw_requantize_pow2(a.lane[BW_LANES / 2 + i], right.lane[i]);
    }
    return a;
}

static inline bw_words bw_multiply_high_by(bw_words a, int32_t b, size_t n) {
    return bw_multiply_high(a, bw_splat_words(b, n), n);
}
static inline bw_words bw_round(bw_words a, int32_t right, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] = bw_requantize_pow2(a.lane[i], right);
    }
    return a;
}

static inline bw_bytes bw_narrow(bw_words a, int32_t offset, int32_t low, int32_t high, size_t n) {
    bw_bytes bytes = {{0}};
    for (size_t i = 0; i < n; ++i) {
        bytes.lane[i] = (int8_t)bw_clamp(a.lane[i] + offset, low, high);
    }
    return bytes;
}
static inline void bw_store_bytes(int8_t *to, bw_bytes a, size_t n) { memcpy(to, a.lane, n); }
static inline void bw_scatter_bytes(int8_t *to, int32_t step, bw_bytes a, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        to[(int32_t)i * step] = a.lane[i];
    }
}

static inline bw_bytes bw_max_bytes(bw_bytes a, const int8_t *from, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] = from[i] > a.lane[i] ? from[i] : a.lane[i];
    }
    return a;
}
static inline bw_bytes bw_min_bytes(bw_bytes a, int32_t high, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] = a.lane[i] < high ? a.lane[i] : (int8_t)high;
    }
    return a;
}

static inline bw_words bw_scale_bytes(const int8_t *from, int32_t multiplier, int32_t offset, size_t n) {
    bw_words words = {{0}};
    for (size_t i = 0; i < n; ++i) {
        words.lane[i] = (int32_t)((uint32_t)from[i] * (uint32_t)multiplier + (uint32_t)offset);
    }
    return words;
}
static inline void bw_store_sum(int8_t *to, bw_words a, bw_words b, int32_t right, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        to[i] = (int8_t)bw_clamp((a.lane[i] + b.lane[i]) >> right, -128, 127);
    }
}

static inline int32_t bw_total_words(bw_words a, int32_t sum, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        sum += a.lane[i];
    }
    return sum;
}
static inline bw_words bw_at_least(bw_words a, int32_t low, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        a.lane[i] = a.lane[i] > low ? a.lane[i] : low;
    }
    return a;
}

static inline bw_words bw_scale_halfwords(const int16_t *from, int32_t multiplier, int32_t offset, size_t n) {
    bw_words words = {{0}};
    for (size_t i = 0; i < n; ++i) {
        words.lane[i] = (int32_t)((uint32_t)from[i] * (uint32_t)multiplier + (uint32_t)offset);
    }
    return words;
}
static inline void bw_store_halfwords(int16_t *to, bw_words a, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        to[i] = (int16_t)bw_clamp(a.lane[i], INT16_MIN, INT16_MAX);
    }
}
static inline void bw_add_halfwords(const int16_t *from, int32_t *total, uint64_t *squares, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        *total += from[i];
        *squares += (uint32_t)(from[i] * from[i]);
    }
}

static inline void bw_look_up(int8_t *to, const int8_t *table, const int8_t *from, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        to[i] = table[from[i] + 128];
    }
}

static inline void bw_copy_lanes(int8_t *to, const int8_t *from, size_t n) { memmove(to, from, n); }
static inline void bw_copy_bytes(int8_t *to, const int8_t *from, int32_t size) { memmove(to, from, (size_t)size); }
static inline void bw_fill_bytes(int8_t *to, int32_t value, int32_t size) { memset(to, value, (size_t)size); }
static inline void bw_copy_apart(int8_t *to, int32_t to_step, const int8_t *from, int32_t from_step, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        to[(int32_t)i * to_step] = from[(int32_t)i * from_step];
    }
}

#endif

#endif /* BW_RVV_H */
