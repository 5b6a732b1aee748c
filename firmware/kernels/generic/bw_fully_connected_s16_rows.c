/* 16x8 fully connected layer, sixteen units at a time. */
#include "bw_fully_connected_s16_rows.h"

#include "bw_fixedpoint.h"
#include "bw_rows_column_s8.h"
#include "bw_rows_s8.h"

#define UNITS 16

/* floor(x * multiplier / 2^32), the low half of the multiplier 0. */
static inline int32_t high_word(int32_t x, int32_t multiplier) {
#if defined(__ARM_ARCH) && __ARM_ARCH == 6
    const int32_t half = multiplier >> 16;
    return (x >> 16) * half + (int32_t)(((uint32_t)x & 0xFFFFU) * (uint32_t)half >> 16);
#else
    return (int32_t)(((int64_t)x * multiplier) >> 32);
#endif
}

/* WIDE: half a step is a whole number of the high word's units. */
static void finish(const bw_fully_connected_s16_rows_params *p, const int32_t *sums, int32_t unit, int32_t count,
                   int16_t *output) {
    const int32_t *multiplier = p->multiplier + unit, low = p->low, high = p->high;
    const int8_t *right = p->right + unit;
    for (int32_t i = 0; i < count; ++i) {
        const int32_t value = high_word(sums[i], multiplier[i]);
        output[i] = (int16_t)bw_clamp(((value >> (right[i] - 1)) + 1) >> 1, low, high);
    }
}

void bw_fully_connected_s16_rows(const bw_fully_connected_s16_rows_params *p, const int16_t *input, int16_t *output,
                                 void *scratch) {
    for (int32_t row = 0; row < p->rows; ++row) {
        const void *const column = bw_rows_column_s16(input, p->taps, scratch);
        for (int32_t unit = 0; unit < p->units; unit += UNITS) {
            int32_t sums[UNITS];
            const int32_t left = p->units - unit, count = left < UNITS ? left : UNITS;
            bw_rows_s16(p->weights + unit * p->depth, column, p->depth, count, p->bias + unit, sums);
            finish(p, sums, unit, count, output + unit);
        }
        input += p->taps;
        output += p->units;
    }
}
