/* Portable products of three queries with one key at a time, and sums of one of them. */
#include "bw_attend_threes_s8.h"

#include "bw_attend_s8.h"

void bw_attend_threes_s8(const uint32_t *woven, const int8_t *keys, int32_t stride, int32_t count, int32_t taps,
                         uint32_t *sums) {
    for (int32_t j = 0; j < count; ++j, keys += stride, sums += 2) {
        uint32_t first = 0, second = 0;
        for (int32_t i = 0; i < taps; ++i) {
            const uint32_t key = (uint32_t)keys[i];
            first += woven[2 * i] * key;
            second += woven[2 * i + 1] * key;
        }
        sums[0] = first, sums[1] = second;
    }
}

void bw_attend_three_values_s8(const int16_t *weights, int32_t apart, int32_t rows, const int8_t *values,
                               int32_t stride, int32_t count, int32_t depth, int32_t *sums) {
    for (int32_t row = 0; row < rows; ++row) {
        bw_attend_values_s8(weights + row * apart, values, stride, count, depth, sums + row * depth);
    }
}
