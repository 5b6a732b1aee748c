/* Inner loops of attention of int16 on RVV: a key, or an element of the values, in every lane.
 *
 * Queries and weights are split into 8 bits and the rest, so that sums of products fit 32 bits over 128 of them.
 * Cost: 6 instructions per element of a query and vector of keys, 8 per value and vector of its elements, and some 12
 * per element. Stack: 512 bytes.
 */
#include "bw_attend_s16.h"

#include "bw_ring_rvv.h"

/* Taps of a query whose products' high halves can be summed up in 32 bits: 2^7 * 2^15 * 2^8 and what low halves carry.
 */
#define TAPS 255

/* floor((high * 2^8 + low) / 2^shift), which fits. */
static bw_words shifted(bw_words high, bw_words low, int32_t shift, size_t n) {
    if (shift >= 8) {
        return bw_shift_right(high, shift - 8 < 31 ? shift - 8 : 31, n);
    }
    return bw_add_each(bw_shift_left(high, 8 - shift, n), bw_shift_right(low, shift, n), n);
}

static void wide_keys(const int16_t *query, const int16_t *keys, int32_t stride, int32_t count, int32_t depth,
                      int32_t shift, int32_t *scores) {
    for (int32_t j = 0; j < count; ++j, keys += stride) {
        int64_t sum = 0;
        for (int32_t i = 0; i < depth; ++i) {
            sum += query[i] * keys[i];
        }
        scores[j] = (int32_t)(sum >> shift);
    }
}

void bw_attend_scores_s16(const int16_t *query, const int16_t *keys, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *scores) {
    if (depth > TAPS) {
        wide_keys(query, keys, stride, count, depth, shift, scores);
        return;
    }
    for (size_t n; count > 0; count -= (int32_t)n, keys += (int32_t)n * stride, scores += n) {
        n = bw_lanes(count);
        bw_words high = bw_splat_words(0, n), low = high;
        for (int32_t i = 0; i < depth;) {
            const int32_t end = depth - i < BW_RING_ROWS_S16 ? depth : i + BW_RING_ROWS_S16;
            for (; i < end; ++i) {
                const bw_halfwords x = bw_gather_halfwords(keys + i, stride, n);
                high = bw_mac_wide(high, (int16_t)(query[i] >> 8), x, n);
                low = bw_mac_wide(low, (int16_t)(query[i] & 0xFF), x, n);
            }
            high = bw_add_each(high, bw_shift_right(low, 8, n), n);
            low = bw_low_bytes(low, n);
        }
        bw_store_words(scores, shifted(high, low, shift, n), n);
    }
}

void bw_attend_values_s16(const int16_t *weights, const int16_t *values, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *sums) {
    int64_t wide[BW_RING_LANES];
    for (int32_t some; depth > 0; depth -= some, values += some, sums += some) {
        some = depth < BW_RING_LANES ? depth : BW_RING_LANES;
        for (int32_t i = 0; i < some; ++i) {
            wide[i] = (INT64_C(1) << shift) >> 1;
        }
        bw_ring_rvv_s16(weights, values, stride, count, some, wide);
        for (int32_t i = 0; i < some; ++i) {
            sums[i] = (int32_t)(wide[i] >> shift);
        }
    }
}
