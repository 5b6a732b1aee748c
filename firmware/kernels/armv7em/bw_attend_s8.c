/* Inner loops of attention with SMLAD.
 *
 * Cost: 23 instructions per 16 products with keys (four keys at a time) and 14 per four keys, 30 per 16 products with
 * values (four elements of four values at a time).
 */
#include "bw_attend_s8.h"

#include "bw_attend_rows_dsp.h"
#include "bw_attend_values_dsp.h"

/* Taps of a query that are widened at a time, on the stack. */
#define TAPS 64

/* scores[j] += products of the taps behind the last whole word. */
static void rest(const int8_t *query, int32_t zero_point, const int8_t *keys, int32_t stride, int32_t count,
                 int32_t depth, int32_t *scores) {
    for (int32_t j = 0; j < count && depth > 0; ++j, keys += stride) {
        for (int32_t i = 0; i < depth; ++i) {
            scores[j] += (query[i] - zero_point) * keys[i];
        }
    }
}

void bw_attend_scores_s8(const int8_t *query, int32_t zero_point, const int8_t *keys, int32_t stride, int32_t count,
                         int32_t depth, int32_t *scores) {
    const uint32_t minus = (uint32_t)(-zero_point & 0xFFFF) * 0x10001U;
    memset(scores, 0, 4U * (uint32_t)count);
    while (depth > 0) {
        uint32_t wide[TAPS / 2], *end = wide;
        const int32_t taps = depth < TAPS ? depth : TAPS, whole = taps & ~3, fours = count / 4;
        for (int32_t i = 0; i < whole; i += 4, end += 2) {
            const uint32_t q = bw_load32(query + i);
            end[0] = bw_sxtab16(minus, q);
            end[1] = bw_sxtab16_ror8(minus, q);
        }
        if (fours > 0 && whole > 0) {
            bw_attend_fours_dsp(wide, end, keys, stride, scores, fours);
        }
        for (int32_t j = 4 * fours; j < count; ++j) {
            scores[j] += bw_attend_one_dsp(wide, end, keys + j * stride);
        }
        rest(query + whole, zero_point, keys + whole, stride, count, taps & 3, scores);
        query += taps, keys += taps, depth -= taps;
    }
}

/* sums[0..3]; pairs of values behind the last four, and a single one. */
static void four_elements(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t *sums) {
    const int32_t fours = count / 4;
    if (fours > 0) {
        bw_attend_values_dsp(weights, values, stride, fours, sums);
    } else {
        memset(sums, 0, 16);
    }
    weights += 4 * fours, values += 4 * fours * stride;
    if (count & 2) {
        bw_attend_two_rows_dsp(bw_load32(weights), values, values + stride, sums);
        weights += 2, values += 2 * stride;
    }
    if (count & 1) {
        const int32_t w = *weights;
        sums[0] += w * values[0], sums[1] += w * values[1], sums[2] += w * values[2], sums[3] += w * values[3];
    }
}

void bw_attend_values_s8(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t depth,
                         int32_t *sums) {
    for (; depth >= 4; depth -= 4, values += 4, sums += 4) {
        four_elements(weights, values, stride, count, sums);
    }
    for (; depth > 0; --depth, ++values) {
        int32_t sum = 0;
        for (int32_t j = 0; j < count; ++j) {
            sum += weights[j] * values[j * stride];
        }
        *sums++ = sum;
    }
}
