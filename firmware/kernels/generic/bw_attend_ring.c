/* Portable inner loops of attention to a ring. */
#include "bw_attend_ring.h"

/* Element i of a row of 4-bit elements. */
static int32_t nibble(const int8_t *row, int32_t i) {
    const int32_t byte = row[i >> 1];
    return i & 1 ? byte >> 4 : ((byte & 15) ^ 8) - 8;
}

void bw_ring_products_s8(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                         int32_t *products) {
    for (int32_t j = 0; j < count; ++j, rows += stride) {
        int32_t sum = 0;
        for (int32_t i = 0; i < depth; ++i) {
            sum += query[i] * rows[i];
        }
        products[j] = sum;
    }
}

void bw_ring_products_s4(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                         int32_t *products) {
    for (int32_t j = 0; j < count; ++j, rows += stride) {
        int32_t sum = 0;
        for (int32_t i = 0; i < depth; ++i) {
            sum += query[i] * nibble(rows, i);
        }
        products[j] = sum;
    }
}

void bw_ring_sums_s8(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                     int64_t *sums) {
    for (int32_t j = 0; j < count; ++j, rows += stride) {
        for (int32_t i = 0; i < depth && factors[j] != 0; ++i) {
            sums[i] += (int64_t)factors[j] * rows[i];
        }
    }
}

void bw_ring_sums_s4(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                     int64_t *sums) {
    for (int32_t j = 0; j < count; ++j, rows += stride) {
        for (int32_t i = 0; i < depth && factors[j] != 0; ++i) {
            sums[i] += (int64_t)factors[j] * nibble(rows, i);
        }
    }
}

void bw_ring_sums_s16(const int16_t *weights, const int16_t *rows, int32_t stride, int32_t count, int32_t depth,
                      int64_t *sums) {
    for (int32_t j = 0; j < count; ++j, rows += stride) {
        for (int32_t i = 0; i < depth && weights[j] != 0; ++i) {
            sums[i] += weights[j] * rows[i];
        }
    }
}
