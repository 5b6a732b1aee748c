/* Attention of int8, three queries at a time. */
#include "bw_attention_s8_threes.h"

#include "bw_attend_threes_s8.h"
#include "bw_attention_row_s8.h"

/* Keys at a time. */
#define KEYS 16

/* The words of queries that are `apart`. */
static void weave(const int8_t *query, int32_t second, int32_t third, int32_t zero_point, int32_t depth,
                  uint32_t *woven) {
    for (; depth > 0; --depth, ++query, woven += 2) {
        const int32_t a = query[0] - zero_point, b = query[second] - zero_point, c = query[third] - zero_point;
        woven[0] = (uint32_t)(a + b * BW_WEAVE);
        woven[1] = (uint32_t)(b + c * BW_WEAVE);
    }
}

/* Woven sums of `count` keys, row by row, to scores; added to what is there if `more`. */
static inline void unweave(const uint32_t *sums, int32_t count, int more, int32_t *scores, int32_t apart) {
    int32_t *second = scores + apart, *third = second + apart;
    for (const uint32_t *const end = sums + 2 * count; sums < end; sums += 2) {
        int32_t three[BW_WOVEN] = {0, 0, 0};
        if (more) {
            three[0] = *scores, three[1] = *second, three[2] = *third;
        }
        bw_unweave((int32_t)sums[0], (int32_t)sums[1], three);
        *scores++ = three[0], *second++ = three[1], *third++ = three[2];
    }
}

/* Scores of three queries, whose rows are as long as there are keys, with `count` of them. */
static void scores_of(const bw_attention_params *p, const uint32_t *woven, const int8_t *key, int32_t count,
                      int32_t *scores) {
    const int32_t stride = p->key.token_stride;
    for (int32_t j = 0, some; j < count; j += some) {
        uint32_t sums[2 * KEYS];
        some = count - j < KEYS ? count - j : KEYS;
        for (int32_t i = 0, taps; i < p->depth; i += taps) {
            taps = p->depth - i < BW_THREES_TAPS ? p->depth - i : BW_THREES_TAPS;
            bw_attend_threes_s8(woven + 2 * i, key + j * stride + i, stride, some, taps, sums);
            if (i == 0) {
                unweave(sums, some, 0, scores + j, p->keys);
            } else {
                unweave(sums, some, 1, scores + j, p->keys);
            }
        }
    }
}

/* Two or three tokens of a head; of two, the second one is taken twice. */
static void rows(const bw_attention_params *p, int32_t batch, int32_t head, int32_t token, int32_t some,
                 const int8_t *query, const int8_t *key, const int8_t *value, int8_t *output, uint32_t *woven) {
    int32_t *const scores = (int32_t *)(woven + 2 * p->depth), *const sums = scores + 3 * p->keys;
    int16_t *const weights = (int16_t *)(sums + 3 * p->value_depth);
    const int32_t shared = head / p->group, step = p->query.token_stride;
    const int32_t first = bw_attention_first(p, token), count = bw_attention_end(p, token + some - 1) - first;
    weave(query + bw_attention_at(&p->query, batch, token, head), step, (some - 1) * step, p->query_zero_point,
          p->depth, woven);
    scores_of(p, woven, key + bw_attention_at(&p->key, batch, first, shared), count, scores);
    uint32_t totals[BW_WOVEN] = {0};
    for (int32_t i = 0; i < some; ++i) {
        totals[i] =
            bw_attention_row_weights(p, head, token + i, first, count, scores + i * p->keys, weights + i * p->keys);
    }
    bw_attend_three_values_s8(weights, p->keys, some, value + bw_attention_at(&p->value, batch, first, shared),
                              p->value.token_stride, count, p->value_depth, sums);
    for (int32_t i = 0; i < some; ++i) {
        bw_attention_row_outputs(p, sums + i * p->value_depth, totals[i],
                                 output + bw_attention_at(&p->output, batch, token + i, head));
    }
}

void bw_attention_s8_threes(const bw_attention_s8_threes_params *p, const int8_t *query, const int8_t *key,
                            const int8_t *value, int8_t *output, void *scratch) {
    const int32_t outer = p->heads_first ? p->heads : 1, inner = p->heads_first ? 1 : p->heads;
    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t i = 0; i < outer; ++i) {
            for (int32_t token = 0, some; token < p->queries; token += some) {
                const int32_t left = p->queries - token;
                some = left == 2 || left == 4 ? 2 : 3; /* so that none is left alone */
                for (int32_t j = 0; j < inner; ++j) {
                    rows(p, batch, i + j, token, some, query, key, value, output, scratch);
                }
            }
        }
    }
}
