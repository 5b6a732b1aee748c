/* Portable products of int8. */
#include "bw_elementwise_product_s8.h"

#include "bw_dsp.h"
#include "bw_product_runs_s8.h"
#include "bw_twice.h"

static void by_each(const bw_elementwise_product_s8_params *p, const int8_t *x, const int8_t *y, int8_t *to) {
    const int32_t offset = p->offset_1, twice_offset = 2 * p->offset_2, point = p->zero_point;
    const int32_t multiplier = p->multiplier, right = p->right;
    for (const int8_t *const end = to + p->loops.run; to != end;) {
        const int32_t twice = (*x++ + offset) * (2 * *y++ + twice_offset);
        *to++ = (int8_t)bw_ssat8(bw_requantize_twice(twice, multiplier, right) + point);
    }
}

static void by_one(const bw_elementwise_product_s8_params *p, const int8_t *x, int32_t y, int8_t *to) {
    const int32_t offset = p->offset_1, twice_factor = 2 * (y + p->offset_2), point = p->zero_point;
    const int32_t multiplier = p->multiplier, right = p->right;
    for (const int8_t *const end = to + p->loops.run; to != end;) {
        const int32_t twice = (*x++ + offset) * twice_factor;
        *to++ = (int8_t)bw_ssat8(bw_requantize_twice(twice, multiplier, right) + point);
    }
}

BW_DEFINE_PRODUCT_RUNS(by_each, by_one)
