#include "bw_fully_connected_s16_rvv.h"

#include "bw_words_rvv.h"

/* WIDE: half a step is a whole number of the high word's units. */
static inline void finish(const bw_fully_connected_s16_rvv_params *p, int32_t unit, bw_words sums, size_t n,
                          int16_t *output) {
#ifdef __riscv_vector
    const bw_words high = __riscv_vmulh_vv_i32m8(sums, bw_load_words(p->multiplier + unit, n), n);
    const vuint8m2_t right = __riscv_vle8_v_u8m2((const uint8_t *)p->right + unit, n);
    const bw_words value = __riscv_vssra_vv_i32m8(high, __riscv_vzext_vf4_u32m8(right, n), __RISCV_VXRM_RNU, n);
    __riscv_vse16_v_i16m4(output, bw_clamped_halfwords(value, p->low, p->high, n), n);
#else
    for (size_t i = 0; i < n; ++i) {
        const int32_t high = bw_high(sums.lane[i], p->multiplier[unit + (int32_t)i]);
        const int32_t value = bw_requantize_pow2(high, p->right[unit + (int32_t)i]);
        output[i] = (int16_t)bw_clamp(value, p->low, p->high);
    }
#endif
}

/* One value of each row times its weights. */
#define TAP(i)                                                                                                         \
    {                                                                                                                  \
        const bw_halfwords w = bw_load_bytes(weights, n);                                                              \
        weights += step;                                                                                               \
        a = bw_mac_wide(a, x[i], w, n);                                                                                \
        if (two) {                                                                                                     \
            b = bw_mac_wide(b, second[i], w, n);                                                                       \
        }                                                                                                              \
    }

/* n units of one row, or of two. */
static inline void units(const bw_fully_connected_s16_rvv_params *p, int32_t unit, size_t n, const int16_t *x,
                         int32_t two, int16_t *output) {
    const int32_t step = p->units;
    const int16_t *second = x + p->depth;
    const int8_t *weights = p->weights + unit;
    bw_words a = bw_load_words(p->bias + unit, n), b = a;
    const int16_t *const end = second;
    for (; end - x >= 8; x += 8, second += 8) {
        TAP(0) TAP(1) TAP(2) TAP(3) TAP(4) TAP(5) TAP(6) TAP(7)
    }
    for (; x < end; ++x, ++second) {
        TAP(0)
    }
    finish(p, unit, a, n, output + unit);
    if (two) {
        finish(p, unit, b, n, output + step + unit);
    }
}

static void rows(const bw_fully_connected_s16_rvv_params *restrict p, const int16_t *input, int32_t two,
                 int16_t *output) {
    for (int32_t unit = 0; unit < p->units;) {
        const size_t n = bw_lanes(p->units - unit);
        if (two) {
            units(p, unit, n, input, 1, output);
        } else {
            units(p, unit, n, input, 0, output);
        }
        unit += (int32_t)n;
    }
}

void bw_fully_connected_s16_rvv(const bw_fully_connected_s16_rvv_params *p, const int16_t *input, int16_t *output) {
    for (int32_t row = 0; row < p->rows; row += 2) {
        rows(p, input, p->rows - row > 1, output);
        input += 2 * p->depth;
        output += 2 * p->units;
    }
}
