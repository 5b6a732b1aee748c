/* Inner loops of attention to a ring on RVV: a row in every lane for products, an element for weighted sums.
 *
 * Cost per vector: 4 instructions per tap of a query with rows of 8 bits, 8 per two taps of 4 bits; 7 per row of
 * weighted sums of 8 bits, 13 per row of 4 bits, 8 per row of 16 bits, and some 10 per element. Stack: 256 bytes.
 */
#include "bw_attend_ring.h"

#include "bw_ring_rvv.h"

void bw_ring_products_s8(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                         int32_t *products) {
    for (size_t n; count > 0; count -= (int32_t)n, rows += (int32_t)n * stride, products += n) {
        n = bw_lanes(count);
        bw_words sum = bw_splat_words(0, n);
        for (int32_t i = 0; i < depth; ++i) {
            sum = bw_mac_wide(sum, query[i], bw_gather_bytes(rows + i, stride, n), n);
        }
        bw_store_words(products, sum, n);
    }
}

void bw_ring_products_s4(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                         int32_t *products) {
    for (size_t n; count > 0; count -= (int32_t)n, rows += (int32_t)n * stride, products += n) {
        n = bw_lanes(count);
        bw_words sum = bw_splat_words(0, n);
        for (int32_t i = 0; i < depth; i += 2) {
            const bw_halfwords bytes = bw_gather_bytes(rows + i / 2, stride, n);
            sum = bw_mac_wide(sum, query[i], bw_low_nibbles(bytes, n), n);
            sum = bw_mac_wide(sum, query[i + 1], bw_high_nibbles(bytes, n), n);
        }
        bw_store_words(products, sum, n);
    }
}

void bw_ring_sums_s8(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                     int64_t *sums) {
    for (size_t n; depth > 0; depth -= (int32_t)n, rows += n, sums += n) {
        n = bw_lanes(depth < BW_RING_LANES ? depth : BW_RING_LANES);
        const int8_t *row = rows;
        for (int32_t j = 0; j < count;) {
            const int32_t end = count - j < BW_RING_MOST ? count : j + BW_RING_MOST;
            bw_words high = bw_splat_words(0, n), low = high;
            for (; j < end; ++j, row += stride) {
                const bw_halfwords x = bw_load_bytes(row, n);
                high = bw_mac_wide(high, (int16_t)(factors[j] >> 15), x, n);
                low = bw_mac_wide(low, (int16_t)(factors[j] & 0x7FFF), x, n);
            }
            bw_ring_join(high, low, 15, sums, 1, n);
        }
    }
}

/* Up to BW_RING_LANES bytes of up to BW_RING_MOST rows. */
static void bytes_s4(const int32_t *factors, const int8_t *row, int32_t stride, int32_t count, size_t n,
                     int64_t *sums) {
    bw_words high0 = bw_splat_words(0, n), low0 = high0;
    for (int32_t j = 0; j < count; ++j) {
        const bw_halfwords x = bw_low_nibbles(bw_load_bytes(row + j * stride, n), n);
        high0 = bw_mac_wide(high0, (int16_t)(factors[j] >> 15), x, n);
        low0 = bw_mac_wide(low0, (int16_t)(factors[j] & 0x7FFF), x, n);
    }
    bw_ring_join(high0, low0, 15, sums, 2, n);
    bw_words high1 = bw_splat_words(0, n), low1 = high1;
    for (int32_t j = 0; j < count; ++j) {
        const bw_halfwords x = bw_high_nibbles(bw_load_bytes(row + j * stride, n), n);
        high1 = bw_mac_wide(high1, (int16_t)(factors[j] >> 15), x, n);
        low1 = bw_mac_wide(low1, (int16_t)(factors[j] & 0x7FFF), x, n);
    }
    bw_ring_join(high1, low1, 15, sums + 1, 2, n);
}

void bw_ring_sums_s4(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                     int64_t *sums) {
    for (size_t n; depth > 0; depth -= 2 * (int32_t)n, rows += n, sums += 2 * n) {
        n = bw_lanes(depth / 2 < BW_RING_LANES ? depth / 2 : BW_RING_LANES);
        for (int32_t j = 0; j < count; j += BW_RING_MOST) {
            const int32_t some = count - j < BW_RING_MOST ? count - j : BW_RING_MOST;
            bytes_s4(factors + j, rows + j * stride, stride, some, n, sums);
        }
    }
}

void bw_ring_sums_s16(const int16_t *weights, const int16_t *rows, int32_t stride, int32_t count, int32_t depth,
                      int64_t *sums) {
    bw_ring_rvv_s16(weights, rows, stride, count, depth, sums);
}
