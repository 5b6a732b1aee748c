/* Inner loops of attention to a ring: four rows at a time; sums with SMLAL, four elements at a time. */
#include "bw_attend_ring.h"

#include "bw_ring_sums.h"

BW_DEFINE_RING_PRODUCTS(bw_ring_products_s8, bw_ring_rows_s8)
BW_DEFINE_RING_PRODUCTS(bw_ring_products_s4, bw_ring_rows_s4)
BW_DEFINE_RING_SUMS(bw_ring_sums_s8, bw_ring_wide_s8, int32_t, int8_t)
BW_DEFINE_RING_SUMS(bw_ring_sums_s4, bw_ring_wide_s4, int32_t, int8_t)
BW_DEFINE_RING_SUMS(bw_ring_sums_s16, bw_ring_wide_s16, int16_t, int16_t)
