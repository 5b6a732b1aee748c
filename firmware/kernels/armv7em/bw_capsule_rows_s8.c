/* Inner loops of capsules by SMLAD and SMLAWB. Measured on a Cortex-M4: 15 instructions a predicted element of capsules
 * of 8; per iteration 8 an element for agreement and sum, and 120 a pair of capsules for its coupling. */
#include "bw_capsule_rows_s8.h"

#include "bw_capsule_row.h"

/* Elements 0, 2 and 1, 3 of four halfwords. */
static inline void pairs(const int16_t *input, uint32_t *even, uint32_t *odd) {
    const uint32_t first = bw_load32(input), second = bw_load32(input + 2);
    *even = bw_pkhbt(first, second);
    *odd = bw_pkhtb(first, second);
}

static void predict_four(const int8_t *weights, const int16_t *input, int32_t rows, int32_t shift, int16_t *output) {
    const int32_t start = (INT32_C(1) << shift) >> 1;
    uint32_t even, odd;
    pairs(input, &even, &odd);
    for (int32_t r = 0; r < rows; ++r) {
        output[r] = (int16_t)(bw_capsule_four(weights, even, odd, start) >> shift);
        weights += 4;
    }
}

static void predict_eight(const int8_t *weights, const int16_t *input, int32_t rows, int32_t shift, int16_t *output) {
    const int32_t start = (INT32_C(1) << shift) >> 1;
    uint32_t even[2], odd[2];
    pairs(input, &even[0], &odd[0]);
    pairs(input + 4, &even[1], &odd[1]);
    for (int32_t r = 0; r < rows; ++r) {
        const int32_t sum = bw_capsule_four(weights, even[0], odd[0], start);
        output[r] = (int16_t)(bw_capsule_four(weights + 4, even[1], odd[1], sum) >> shift);
        weights += 8;
    }
}

void bw_capsule_predict_s8(const int8_t *weights, const int16_t *input, int32_t rows, int32_t depth, int32_t shift,
                           int16_t *output) {
    if (depth == 4) {
        predict_four(weights, input, rows, shift, output);
        return;
    }
    if (depth == 8) {
        predict_eight(weights, input, rows, shift, output);
        return;
    }
    for (int32_t r = 0; r < rows; ++r) {
        int32_t sum = (INT32_C(1) << shift) >> 1, k = 0;
        for (; k + 4 <= depth; k += 4) {
            uint32_t even, odd;
            pairs(input + k, &even, &odd);
            sum = bw_capsule_four(weights + k, even, odd, sum);
        }
        for (; k < depth; ++k) {
            sum += weights[k] * input[k];
        }
        output[r] = (int16_t)(sum >> shift);
        weights += depth;
    }
}

void bw_capsule_agree_s8(const int16_t *predictions, const int16_t *totals, int32_t capsules, int32_t dim,
                         int32_t *output) {
    for (int32_t j = 0; j < capsules; ++j) {
        const int16_t *const end = predictions + dim, *const whole = predictions + (dim & ~3);
        int32_t sum = 0;
        while (predictions < whole) {
            sum = bw_smlad(bw_load32(predictions), bw_load32(totals), sum);
            sum = bw_smlad(bw_load32(predictions + 2), bw_load32(totals + 2), sum);
            predictions += 4, totals += 4;
        }
        while (predictions < end) {
            sum += *predictions++ * *totals++;
        }
        output[j] = sum;
    }
}

void bw_capsule_gather_s8(const int16_t *predictions, const int32_t *couplings, int32_t capsules, int32_t dim,
                          int32_t shift, int32_t *sums) {
    for (int32_t j = 0; j < capsules; ++j) {
        const int32_t c = (int32_t)((uint32_t)couplings[j] << (16 - shift));
        const int16_t *const end = predictions + dim, *const whole = predictions + (dim & ~3);
        while (predictions < whole) {
            const uint32_t first = bw_load32(predictions), second = bw_load32(predictions + 2);
            sums[0] = bw_smlawb(c, first, sums[0]);
            sums[1] = bw_smlawt(c, first, sums[1]);
            sums[2] = bw_smlawb(c, second, sums[2]);
            sums[3] = bw_smlawt(c, second, sums[3]);
            predictions += 4, sums += 4;
        }
        while (predictions < end) {
            *sums = bw_smlawb(c, (uint16_t)*predictions, *sums);
            ++predictions, ++sums;
        }
    }
}
