/* Portable parts of attention. */
#include "bw_attention.h"

#include <stddef.h>

#include "bw_attention_weigh.h"

uint32_t bw_attention_weights(const bw_attention_weighing *p, const int32_t *scores, int32_t count, int16_t *weights) {
    return bw_attention_weigh(p, scores, count, weights);
}

void bw_attention_bias(const bw_attention_params *p, int32_t shift, int32_t head, int32_t query, int32_t first,
                       int32_t count, int32_t *scores) {
    if (shift != 0) {
        const int32_t left = shift > 0 ? shift : 0, right = left - shift;
        for (int32_t i = 0; i < count; ++i) {
            scores[i] = bw_shl32(scores[i], left) >> right;
        }
    }
    if (p->bias == NULL) {
        return;
    }
    const int32_t *bias = p->bias + head * p->bias_head + query * p->bias_query + first * p->bias_key + p->bias_start;
    for (int32_t i = 0; i < count; ++i) {
        const int32_t by = bias[i * p->bias_key];
        scores[i] = by == INT32_MIN ? INT32_MIN : scores[i] + by;
    }
}

int32_t bw_attention_reciprocal(uint32_t total, int32_t *zeros) {
    int32_t count = 0;
    while (!(total & 0x80000000U)) {
        total <<= 1;
        ++count;
    }
    const uint32_t rough = (0xFFFFFFFFU / (total >> 16)) << 13; /* 2^61 / total within 2^-15 */
    const uint32_t product = (uint32_t)(((uint64_t)total * rough) >> 32);
    *zeros = count;
    return (int32_t)(((uint64_t)rough * ((UINT32_C(1) << 30) - product)) >> 29);
}
