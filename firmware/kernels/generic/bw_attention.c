/* Portable parts of attention. */
#include "bw_attention.h"

#include <stddef.h>

/* 65534 * 2^-(i / 64) */
static const uint16_t powers[65] = {
    65534, 64828, 64130, 63439, 62756, 62080, 61411, 60749, 60095, 59448, 58807, 58174, 57547,
    56927, 56314, 55707, 55107, 54514, 53926, 53346, 52771, 52202, 51640, 51084, 50534, 49989,
    49451, 48918, 48391, 47870, 47354, 46844, 46340, 45840, 45347, 44858, 44375, 43897, 43424,
    42956, 42494, 42036, 41583, 41135, 40692, 40254, 39820, 39391, 38967, 38547, 38132, 37721,
    37315, 36913, 36515, 36122, 35733, 35348, 34967, 34590, 34218, 33849, 33485, 33124, 32767,
};

/* 32767 * 2^-(exponent / 2^16), shifted right by drop - 1 more; a line between two entries of the table. */
static int32_t weight(uint32_t exponent, int32_t drop) {
    const uint32_t line = (exponent >> 10) & 63U, along = exponent & 1023U;
    const uint32_t entry = powers[line] - (((uint32_t)(powers[line] - powers[line + 1]) * along + 512U) >> 10);
    const uint32_t by = (exponent >> 16) + (uint32_t)drop;
    return (int32_t)((entry + (UINT32_C(1) << (by - 1))) >> by);
}

uint32_t bw_attention_weights(const bw_attention_weighing *p, const int32_t *scores, int32_t count, int16_t *weights) {
    int32_t largest = INT32_MIN;
    for (int32_t i = 0; i < count; ++i) {
        largest = scores[i] > largest ? scores[i] : largest;
    }
    uint32_t total = 0;
    for (int32_t i = 0; i < count; ++i) {
        const uint32_t below = (uint32_t)largest - (uint32_t)scores[i];
        int32_t value = 0;
        if (below < (uint32_t)p->limit && scores[i] != INT32_MIN) {
            value = weight((uint32_t)(((uint64_t)(below << p->left) * p->multiplier) >> 32), p->drop);
        }
        weights[i] = (int16_t)value;
        total += (uint32_t)value;
    }
    return total;
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
