/* Portable attention with a ring of the past. */
#include "bw_cached_attention.h"

#include <stddef.h>
#include <string.h>

/* Element i of a row of 4-bit elements. */
static int32_t nibble(const int8_t *row, int32_t i) {
    const int32_t byte = row[i >> 1];
    return i & 1 ? byte >> 4 : ((byte & 15) ^ 8) - 8;
}

/* Product of a query with a row of the ring. */
static int64_t product(const void *ring, int32_t bits, int32_t start, const int16_t *query, int32_t depth) {
    int32_t sum = 0;
    if (bits == 16) {
        const int16_t *row = (const int16_t *)ring + start;
        int64_t wide = 0;
        for (int32_t i = 0; i < depth; ++i) {
            wide += query[i] * row[i];
        }
        return wide;
    }
    if (bits == 8) {
        const int8_t *row = (const int8_t *)ring + start;
        for (int32_t i = 0; i < depth; ++i) {
            sum += query[i] * row[i];
        }
        return sum;
    }
    const int8_t *row = (const int8_t *)ring + start / 2;
    for (int32_t i = 0; i < depth; ++i) {
        sum += query[i] * nibble(row, i);
    }
    return sum;
}

/* sums += factor * row of the ring */
static void add(const void *ring, int32_t bits, int32_t start, int32_t factor, int32_t depth, int64_t *sums) {
    if (bits == 16) {
        const int16_t *row = (const int16_t *)ring + start;
        for (int32_t i = 0; i < depth; ++i) {
            sums[i] += (int64_t)factor * row[i];
        }
    } else if (bits == 8) {
        const int8_t *row = (const int8_t *)ring + start;
        for (int32_t i = 0; i < depth; ++i) {
            sums[i] += (int64_t)factor * row[i];
        }
    } else {
        const int8_t *row = (const int8_t *)ring + start / 2;
        for (int32_t i = 0; i < depth; ++i) {
            sums[i] += (int64_t)factor * nibble(row, i);
        }
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

/* A sum of products in units of 2^-step as a score, with the bias of its age. */
static int32_t score(const bw_cached_attention_params *p, int32_t head, int64_t sum, int32_t age) {
    const int32_t left = p->weighing.shift > 0 ? p->weighing.shift : 0, right = left - p->weighing.shift;
    const int32_t value = (int32_t)((sum * (INT64_C(1) << left)) >> right);
    return p->bias == NULL ? value : value + p->bias[head * (p->context + 1) + age];
}

/* Scores of the ring's tokens and, behind them, of the present one, which takes its place in the ring of keys. */
static void scores_of(const bw_cached_attention_params *p, bw_cached_attention_ring ring, int32_t head,
                      const int16_t *query, const int16_t *key, int32_t *scores) {
    const int32_t place = ring.position[0], count = ring.position[1], row = p->heads * p->depth;
    const int32_t kept = p->bits == 16 ? 0 : 2 * p->heads; /* scales of a token */
    for (int32_t j = 0, age = place; j < count; ++j, --age) {
        const int64_t sum = product(ring.keys, p->bits, j * row + head * p->depth, query, p->depth);
        const int32_t scale = kept ? ring.scales[j * kept + head] : 1;
        scores[j] = score(p, head, sum * scale, age > 0 ? age : age + p->context);
    }
    const int32_t start = place * row + head * p->depth;
    const int32_t scale = store(p, ring.keys, start, key, p->depth);
    if (kept) {
        ring.scales[place * kept + head] = (int16_t)scale;
    }
    int64_t present = 0;
    if (p->past_only) {
        for (int32_t i = 0; i < p->depth; ++i) {
            present += query[i] * key[i];
        }
        present *= INT64_C(1) << p->step;
    } else {
        present = product(ring.keys, p->bits, start, query, p->depth) * scale;
    }
    scores[count] = score(p, head, present, 0);
}

/* Weighted sums of the ring's values and the present one, which takes its place in the ring of values. */
static void sums_of(const bw_cached_attention_params *p, bw_cached_attention_ring ring, int32_t head,
                    const int16_t *value, const int16_t *weights, int64_t *sums) {
    const int32_t place = ring.position[0], count = ring.position[1], row = p->heads * p->value_depth;
    const int32_t kept = p->bits == 16 ? 0 : 2 * p->heads;
    for (int32_t i = 0; i < p->value_depth; ++i) {
        sums[i] = 0;
    }
    for (int32_t j = 0; j < count; ++j) {
        const int32_t factor = weights[j] * (kept ? ring.scales[j * kept + p->heads + head] : 1);
        if (factor != 0) {
            add(ring.values, p->bits, j * row + head * p->value_depth, factor, p->value_depth, sums);
        }
    }
    const int32_t start = place * row + head * p->value_depth;
    const int32_t scale = store(p, ring.values, start, value, p->value_depth);
    if (kept) {
        ring.scales[place * kept + p->heads + head] = (int16_t)scale;
    }
    if (p->past_only) {
        const int32_t factor = weights[count] << p->step;
        for (int32_t i = 0; i < p->value_depth; ++i) {
            sums[i] += (int64_t)factor * value[i];
        }
    } else {
        add(ring.values, p->bits, start, weights[count] * scale, p->value_depth, sums);
    }
}

void bw_cached_attention_head(const bw_cached_attention_params *p, bw_cached_attention_ring ring, int32_t head,
                              const int16_t *rows, int64_t *sums, int32_t *output) {
    int32_t *const scores = (int32_t *)(sums + p->value_depth);
    int16_t *const weights = (int16_t *)(scores + p->context + 1 + p->value_depth); /* behind the results */
    scores_of(p, ring, head, rows, rows + p->depth, scores);
    const uint32_t total = bw_attention_weights(&p->weighing, scores, ring.position[1] + 1, weights);
    sums_of(p, ring, head, rows + 2 * p->depth, weights, sums);
    int32_t zeros;
    const int32_t factor = bw_attention_reciprocal(total, &zeros);
    const int32_t by = 61 - p->fraction - p->mean.reduce - zeros;
    const int64_t half = (INT64_C(1) << p->mean.reduce) >> 1;
    for (int32_t i = 0; i < p->value_depth; ++i) {
        const int32_t sum = (int32_t)((sums[i] + half) >> p->mean.reduce);
        output[i] = bw_attention_mean_of(&p->mean, sum, factor, by, p->fraction);
    }
}
