/* Inner loops of capsules in power-of-two formats by SMLAD. */
#include "bw_capsule_rows_q7.h"

#include "bw_capsule_q7.h"
#include "bw_capsule_row.h"

/* sat8(sum / 2^shift) towards zero, shift 1..24, mask = 2^shift - 1. */
static inline int8_t narrowed(int32_t sum, int32_t shift, uint32_t mask) {
    return (int8_t)bw_ssat8((int32_t)((uint32_t)sum + (sum < 0 ? mask : 0U)) >> shift);
}

static void predict_four(const int8_t *weights, const int8_t *input, int32_t rows, int32_t shift, int8_t *output) {
    const uint32_t word = bw_load32(input), mask = (UINT32_C(1) << shift) - 1U;
    const uint32_t even = bw_sxtb16(word), odd = bw_sxtb16_ror8(word);
    for (int32_t r = 0; r < rows; ++r) {
        output[r] = narrowed(bw_capsule_four(weights, even, odd, 0), shift, mask);
        weights += 4;
    }
}

static void predict_eight(const int8_t *weights, const int8_t *input, int32_t rows, int32_t shift, int8_t *output) {
    const uint32_t first = bw_load32(input), second = bw_load32(input + 4), mask = (UINT32_C(1) << shift) - 1U;
    const uint32_t even[2] = {bw_sxtb16(first), bw_sxtb16(second)};
    const uint32_t odd[2] = {bw_sxtb16_ror8(first), bw_sxtb16_ror8(second)};
    for (int32_t r = 0; r < rows; ++r) {
        const int32_t sum = bw_capsule_four(weights, even[0], odd[0], 0);
        output[r] = narrowed(bw_capsule_four(weights + 4, even[1], odd[1], sum), shift, mask);
        weights += 8;
    }
}

void bw_capsule_predict_q7(const int8_t *weights, const int8_t *input, int32_t rows, int32_t depth, int32_t shift,
                           int8_t *output) {
    if (depth == 4 && shift > 0) {
        predict_four(weights, input, rows, shift, output);
        return;
    }
    if (depth == 8 && shift > 0) {
        predict_eight(weights, input, rows, shift, output);
        return;
    }
    for (int32_t r = 0; r < rows; ++r) {
        int32_t sum = 0, k = 0;
        for (; k + 4 <= depth; k += 4) {
            const uint32_t word = bw_load32(input + k);
            sum = bw_capsule_four(weights + k, bw_sxtb16(word), bw_sxtb16_ror8(word), sum);
        }
        for (; k < depth; ++k) {
            sum += weights[k] * input[k];
        }
        output[r] = (int8_t)bw_ssat8(bw_capsule_divide(sum, shift));
        weights += depth;
    }
}

void bw_capsule_agree_q7(const int8_t *predictions, const int8_t *outputs, int32_t capsules, int32_t dim,
                         int32_t *output) {
    for (int32_t j = 0; j < capsules; ++j) {
        const int8_t *const end = predictions + dim, *const whole = predictions + (dim & ~3);
        int32_t sum = 0;
        while (predictions < whole) {
            const uint32_t word = bw_load32(outputs);
            sum = bw_capsule_four(predictions, bw_sxtb16(word), bw_sxtb16_ror8(word), sum);
            predictions += 4, outputs += 4;
        }
        while (predictions < end) {
            sum += *predictions++ * *outputs++;
        }
        output[j] = sum;
    }
}

void bw_capsule_gather_q7(const int8_t *predictions, const int8_t *couplings, int32_t capsules, int32_t dim,
                          int32_t *sums) {
    for (int32_t j = 0; j < capsules; ++j) {
        const int32_t c = couplings[j];
        const int8_t *const end = predictions + dim, *const whole = predictions + (dim & ~3);
        while (predictions < whole) {
            sums[0] += c * predictions[0];
            sums[1] += c * predictions[1];
            sums[2] += c * predictions[2];
            sums[3] += c * predictions[3];
            predictions += 4, sums += 4;
        }
        while (predictions < end) {
            *sums++ += c * *predictions++;
        }
    }
}
