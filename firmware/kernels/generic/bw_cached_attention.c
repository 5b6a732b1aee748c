/* Portable attention with a ring of the past. */
#include "bw_cached_attention.h"

#include <stddef.h>
#include <string.h>

#include "bw_attend_ring.h"
#include "bw_attend_s16.h"
#include "bw_inner_s16.h"

/* Products of a query with rows of the ring from element `start` on, as they become scores: those of 16 bits are
 * shifted right already, where scores are. */
static void products(const bw_cached_attention_params *p, const void *keys, int32_t start, int32_t count,
                     const int16_t *query, int32_t *scores) {
    const int32_t row = p->heads * p->depth;
    if (p->bits == 16) {
        const int32_t down = p->weighing.shift < 0 ? -p->weighing.shift : 0;
        bw_attend_scores_s16(query, (const int16_t *)keys + start, row, count, p->depth, down, scores);
    } else if (p->bits == 8) {
        bw_ring_products_s8(query, (const int8_t *)keys + start, row, count, p->depth, scores);
    } else {
        bw_ring_products_s4(query, (const int8_t *)keys + start / 2, row / 2, count, p->depth, scores);
    }
}

/* x * 2^step / scale to nearest, ties away from zero, of at most `levels`; |x| 2^step and half the scale below 2^31. */
static int32_t rounded(int32_t x, int32_t step, int32_t scale, int32_t levels) {
    const int32_t nearest = (((x < 0 ? -x : x) << step) + (scale >> 1)) / scale;
    const int32_t magnitude = nearest < levels ? nearest : levels;
    return x < 0 ? -magnitude : magnitude;
}

/* A row goes into the ring, rounded where that has fewer than 16 bits; returns its scale. */
static int32_t store(const bw_cached_attention_params *p, void *ring, int32_t start, const int16_t *x, int32_t depth) {
    if (p->bits == 16) {
        memcpy((int16_t *)ring + start, x, 2 * (size_t)depth);
        return 1;
    }
    int32_t largest = 0;
    for (int32_t i = 0; i < depth; ++i) {
        const int32_t magnitude = x[i] < 0 ? -x[i] : x[i];
        largest = magnitude > largest ? magnitude : largest;
    }
    const int32_t levels = p->bits == 8 ? 127 : 7;
    const int32_t exact = (2 * (largest << p->step) + 2 * levels) / (2 * levels + 1);
    const int32_t scale = exact > 0 ? exact : 1;
    if (p->bits == 8) {
        int8_t *row = (int8_t *)ring + start;
        for (int32_t i = 0; i < depth; ++i) {
            row[i] = (int8_t)rounded(x[i], p->step, scale, levels);
        }
    } else {
        int8_t *row = (int8_t *)ring + start / 2;
        for (int32_t i = 0; i < depth; i += 2) {
            const int32_t low = rounded(x[i], p->step, scale, levels), high = rounded(x[i + 1], p->step, scale, levels);
            row[i / 2] = (int8_t)(high * 16 + (low & 15));
        }
    }
    return scale;
}

/* A sum of products in units of 2^-step as a score. */
static int32_t score(int32_t shift, int64_t sum) {
    return shift < 0 ? (int32_t)(sum >> -shift) : bw_shl32((int32_t)sum, shift); /* which fits, by its constants */
}

/* Scores of the ring's tokens and, behind them, of the present one, which takes its place in the ring of keys. */
static void scores_of(const bw_cached_attention_params *p, const bw_cached_attention_ring *ring, int32_t head,
                      const int16_t *query, const int16_t *key, int32_t *scores) {
    const int32_t place = ring->position[0], count = ring->position[1], shift = p->weighing.shift;
    const int32_t start = head * p->depth, present = place * p->heads * p->depth + start;
    products(p, ring->keys, start, count, query, scores);
    const int32_t scale = store(p, ring->keys, present, key, p->depth);
    products(p, ring->keys, present, 1, query, scores + count);
    if (p->bits == 16) {
        for (int32_t j = 0; j <= count && shift > 0; ++j) {
            scores[j] = bw_shl32(scores[j], shift);
        }
    } else {
        const int32_t kept = 2 * p->heads; /* scales of a token */
        for (int32_t j = 0; j < count; ++j) {
            scores[j] = score(shift, (int64_t)scores[j] * ring->scales[j * kept + head]);
        }
        ring->scales[place * kept + head] = (int16_t)scale;
        int64_t sum = (int64_t)scores[count] * scale;
        if (p->past_only) {
            sum = bw_inner_s16(query, key, p->depth) * (INT64_C(1) << p->step);
        }
        scores[count] = score(shift, sum);
    }
    if (p->bias != NULL) {
        const int32_t *const bias = p->bias + head * (p->context + 1);
        for (int32_t j = 0, age = place; j < count; ++j, --age) {
            scores[j] += bias[age > 0 ? age : age + p->context];
        }
        scores[count] += bias[0];
    }
}

/* Weighted sums of the ring's values and the present one, which takes its place in the ring of values; `factors` is
 * overwritten. */
static void sums_of(const bw_cached_attention_params *p, const bw_cached_attention_ring *ring, int32_t head,
                    const int16_t *value, const int16_t *weights, int32_t *factors, int64_t *sums) {
    const int32_t place = ring->position[0], count = ring->position[1], depth = p->value_depth, row = p->heads * depth;
    const int32_t start = head * depth, present = place * row + start;
    memset(sums, 0, 8 * (size_t)depth);
    if (p->bits == 16) {
        bw_ring_sums_s16(weights, (const int16_t *)ring->values + start, row, count, depth, sums);
        store(p, ring->values, present, value, depth);
        bw_ring_sums_s16(weights + count, value, row, 1, depth, sums);
        return;
    }
    int16_t *const scales = ring->scales + p->heads + head;
    for (int32_t j = 0; j < count; ++j) {
        factors[j] = weights[j] * scales[j * 2 * p->heads];
    }
    if (p->bits == 8) {
        bw_ring_sums_s8(factors, (const int8_t *)ring->values + start, row, count, depth, sums);
    } else {
        bw_ring_sums_s4(factors, (const int8_t *)ring->values + start / 2, row / 2, count, depth, sums);
    }
    const int32_t scale = store(p, ring->values, present, value, depth);
    scales[place * 2 * p->heads] = (int16_t)scale;
    const int32_t factor = weights[count] * (p->past_only ? 1 << p->step : scale);
    if (p->past_only) {
        for (int32_t i = 0; i < depth; ++i) {
            sums[i] += (int64_t)factor * value[i];
        }
    } else if (p->bits == 8) {
        bw_ring_sums_s8(&factor, (const int8_t *)ring->values + present, row, 1, depth, sums);
    } else {
        bw_ring_sums_s4(&factor, (const int8_t *)ring->values + present / 2, row / 2, 1, depth, sums);
    }
}

void bw_cached_attention_head(const bw_cached_attention_params *p, const bw_cached_attention_ring *ring, int32_t head,
                              const int16_t *rows, int64_t *sums, int32_t *output) {
    int32_t *const scores = (int32_t *)(sums + p->value_depth);
    int16_t *const weights = (int16_t *)(scores + p->context + 1 + p->value_depth); /* behind the results */
    scores_of(p, ring, head, rows, rows + p->depth, scores);
    const uint32_t total = bw_attention_weights(&p->weighing, scores, ring->position[1] + 1, weights);
    sums_of(p, ring, head, rows + 2 * p->depth, weights, scores, sums);
    int32_t zeros;
    const int32_t factor = bw_attention_reciprocal(total, &zeros);
    const int32_t by = 61 - p->fraction - p->mean.reduce - zeros;
    const int64_t half = (INT64_C(1) << p->mean.reduce) >> 1;
    for (int32_t i = 0; i < p->value_depth; ++i) {
        const int32_t sum = (int32_t)((sums[i] + half) >> p->mean.reduce);
        output[i] = bw_attention_mean_of(&p->mean, sum, factor, by, p->fraction);
    }
}
