/* Inner loops of attention to a ring: sums in 32 bits, half a factor at a time, for products of 64
 * bits are calls; with rows of 16 bits products fit 32. */
#include "bw_attend_ring.h"

#include "bw_ring_split.h"

BW_DEFINE_RING_PRODUCTS(bw_ring_products_s8, bw_ring_rows_s8)
BW_DEFINE_RING_PRODUCTS(bw_ring_products_s4, bw_ring_rows_s4)
BW_DEFINE_RING_SUMS(bw_ring_sums_s8, bw_ring_split_s8, int32_t, int8_t)
BW_DEFINE_RING_SUMS(bw_ring_sums_s4, bw_ring_split_s4, int32_t, int8_t)

void bw_ring_sums_s16(const int16_t *weights, const int16_t *rows, int32_t stride, int32_t count, int32_t depth,
                      int64_t *sums) {
    for (int32_t j = 0; j < count; ++j, rows += stride) {
        for (int32_t i = 0; i < depth && weights[j] != 0; ++i) {
            sums[i] += weights[j] * rows[i];
        }
    }
}
