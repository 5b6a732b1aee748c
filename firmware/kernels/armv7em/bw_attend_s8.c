/* Inner loops of attention with SMLAD.
 *
 * Cost: 25 instructions per 16 products with keys (four keys at a time), 18 per 8 products with values (four elements
 * of two values at a time).
 */
#include "bw_attend_s8.h"

#include "bw_attend_four_dsp.h"

/* Taps of a query that are widened at a time, on the stack. */
#define TAPS 64

/* scores[j] += products of a few taps. */
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
        const int32_t taps = depth < TAPS ? depth : TAPS, fours = count & ~3;
        for (int32_t i = 0; i + 4 <= taps; i += 4, end += 2) {
            const uint32_t q = bw_load32(query + i);
            end[0] = bw_sxtab16(minus, q);
            end[1] = bw_sxtab16_ror8(minus, q);
        }
        for (int32_t j = 0; j < fours && end > wide; j += 4) {
            bw_attend_four_dsp(wide, end, keys + j * stride, stride, scores + j);
        }
        const int32_t whole = taps & ~3;
        rest(query + whole, zero_point, keys + whole, stride, fours, taps & 3, scores);
        rest(query, zero_point, keys + fours * stride, stride, count & 3, taps, scores + fours);
        query += taps, keys += taps, depth -= taps;
    }
}

void bw_attend_values_s8(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t depth,
                         int32_t *sums) {
    const int16_t *const pairs = weights + (count & ~1);
    int32_t i = 0;
    for (; i + 4 <= depth; i += 4) {
        const int8_t *at = values + i;
        int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (const int16_t *w = weights; w < pairs; w += 2, at += 2 * stride) {
            const uint32_t both = bw_load32(w);
            if (both == 0) {
                continue;
            }
            const uint32_t a = bw_load32(at), b = bw_load32(at + stride);
            const uint32_t a0 = bw_sxtb16(a), a1 = bw_sxtb16_ror8(a), b0 = bw_sxtb16(b), b1 = bw_sxtb16_ror8(b);
            s0 = bw_smlad(both, bw_pkhbt(a0, b0), s0);
            s1 = bw_smlad(both, bw_pkhbt(a1, b1), s1);
            s2 = bw_smlad(both, bw_pkhtb(a0, b0), s2);
            s3 = bw_smlad(both, bw_pkhtb(a1, b1), s3);
        }
        if (count & 1) {
            const int32_t w = *pairs;
            s0 += w * at[0], s1 += w * at[1], s2 += w * at[2], s3 += w * at[3];
        }
        sums[i] = s0, sums[i + 1] = s1, sums[i + 2] = s2, sums[i + 3] = s3;
    }
    for (; i < depth; ++i) {
        int32_t sum = 0;
        for (int32_t j = 0; j < count; ++j) {
            sum += weights[j] * values[j * stride + i];
        }
        sums[i] = sum;
    }
}
