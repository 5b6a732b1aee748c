/* What attention in float does with a row: scores to weights to the mean of the values, sums in their order; those of
 * products of float16 by bw_fused_f16.h. */
#ifndef BW_ATTEND_REAL_H
#define BW_ATTEND_REAL_H

#include "bw_exp_real.h"

#define BW_MOST_SCORE 1e30f

/* Values: `count` rows `stride` elements apart, of which the first one stands for key `first`, then `last` unless it is
 * null. */
typedef struct {
    const bw_real *rows, *last;
    int32_t stride, count, first;
} bw_values_real;

#ifdef BW_HALF
#include "bw_finish_f16.h"
#include "bw_inner_f16.h"
#include "bw_outer_f16.h"

/* Elements that sums of values take. */
static inline int32_t bw_attend_room_real(int32_t depth) { return bw_sums_f16(depth); }

static inline void bw_attend_scores_real(const bw_real *query, const bw_real *keys, int32_t stride, int32_t count,
                                         int32_t depth, float scale, float *scores) {
    bw_inner_f16(query, keys, stride, count, depth, scores);
    for (int32_t i = 0; i < count; ++i) {
        scores[i] *= scale;
    }
}

static inline void bw_attend_sums_real(const bw_real *weights, const bw_values_real *v, int32_t depth, float *sums) {
    const bw_rows_f16 rows = {weights, v->rows, v->last, 1, v->stride, v->count, v->first};
    bw_outer_f16(&rows, depth, sums);
}

#else

static inline int32_t bw_attend_room_real(int32_t depth) { return depth; }

/* Products of a query with keys that lie `stride` elements apart, times the scale. */
static inline void bw_attend_scores_real(const bw_real *query, const bw_real *keys, int32_t stride, int32_t count,
                                         int32_t depth, float scale, float *scores) {
    int32_t key = 0;
    for (; key + 4 <= count; key += 4) {
        const bw_real *const k0 = keys + key * stride, *const k1 = k0 + stride, *const k2 = k1 + stride,
                             *const k3 = k2 + stride;
        float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;
        for (int32_t i = 0; i < depth; ++i) {
            const float x = bw_load(query + i);
            s0 += x * bw_load(k0 + i);
            s1 += x * bw_load(k1 + i);
            s2 += x * bw_load(k2 + i);
            s3 += x * bw_load(k3 + i);
        }
        scores[key] = s0 * scale;
        scores[key + 1] = s1 * scale;
        scores[key + 2] = s2 * scale;
        scores[key + 3] = s3 * scale;
    }
    for (; key < count; ++key) {
        float sum = 0.0f;
        for (int32_t i = 0; i < depth; ++i) {
            sum += bw_load(query + i) * bw_load(keys + key * stride + i);
        }
        scores[key] = sum * scale;
    }
}

/* Adds weighted values, four elements side by side. */
static inline void bw_attend_sums_real(const bw_real *weights, const bw_values_real *v, int32_t depth, float *sums) {
    int32_t i = 0;
    for (; i + 4 <= depth; i += 4) {
        float s0 = sums[i], s1 = sums[i + 1], s2 = sums[i + 2], s3 = sums[i + 3];
        for (int32_t key = 0; key < v->count; ++key) {
            const bw_real *const value = v->rows + key * v->stride + i;
            const float weight = weights[key];
            s0 += weight * bw_load(value);
            s1 += weight * bw_load(value + 1);
            s2 += weight * bw_load(value + 2);
            s3 += weight * bw_load(value + 3);
        }
        sums[i] = s0;
        sums[i + 1] = s1;
        sums[i + 2] = s2;
        sums[i + 3] = s3;
    }
    for (; i < depth; ++i) {
        for (int32_t key = 0; key < v->count; ++key) {
            sums[i] += weights[key] * bw_load(v->rows + key * v->stride + i);
        }
    }
    for (i = 0; v->last && i < depth; ++i) {
        sums[i] += weights[v->count] * bw_load(v->last + i);
    }
}

#endif

/* A score that counts, whatever it was. */
static inline float bw_attend_score_real(float score) { return bw_clamp(score, -BW_MOST_SCORE, BW_MOST_SCORE); }

/* Scores to weights, not yet rounded to the type; those below -BW_MOST_SCORE are hidden. */
static inline void bw_attend_powers_real(float *scores, int32_t count, float largest) {
#ifdef BW_HALF
    bw_exp_row_real(scores, count, largest); /* a hidden one becomes e^-87, which is 0 in float16 */
#else
    for (int32_t i = 0; i < count; ++i) {
        scores[i] = scores[i] < -BW_MOST_SCORE ? 0.0f : bw_exp_real(scores[i] - largest);
    }
#endif
}

/* Scores to weights of the type in their place; the inverse of their sum. */
static inline const bw_real *bw_attend_weights_real(float *scores, int32_t count, float *inverse) {
    bw_real *const weights = (bw_real *)(void *)scores; /* no longer than the scores that are read already */
    float largest = -2.0f * BW_MOST_SCORE, total = 0.0f;
    for (int32_t i = 0; i < count; ++i) {
        largest = scores[i] > largest ? scores[i] : largest;
    }
    bw_attend_powers_real(scores, count, largest);
    for (int32_t i = 0; i < count; ++i) {
        bw_store(weights + i, scores[i]);
        total += bw_load(weights + i);
    }
    *inverse = 1.0f / total;
    return weights;
}

static inline void bw_attend_clear_real(float *sums, int32_t depth) {
    for (int32_t i = 0; i < depth; ++i) {
        sums[i] = 0.0f;
    }
}

static inline void bw_attend_means_real(const float *sums, float inverse, int32_t depth, bw_real *output) {
#ifdef BW_HALF
    bw_keep_row_f16(sums, depth, inverse, output);
#else
    for (int32_t i = 0; i < depth; ++i) {
        bw_keep(output + i, sums[i] * inverse);
    }
#endif
}

#endif /* BW_ATTEND_REAL_H */
