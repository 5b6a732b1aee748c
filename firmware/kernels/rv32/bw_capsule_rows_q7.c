/* Inner loops of capsules in power-of-two formats, four elements a turn. */
#include "bw_capsule_rows_q7.h"

#include "bw_capsule_q7.h"

void bw_capsule_predict_q7(const int8_t *weights, const int8_t *input, int32_t rows, int32_t depth, int32_t shift,
                           int8_t *output) {
    for (const int8_t *const end = output + rows; output < end; ++output) {
        int32_t sum = 0, k = 0;
        for (; k + 4 <= depth; k += 4) {
            sum += weights[k] * input[k] + weights[k + 1] * input[k + 1];
            sum += weights[k + 2] * input[k + 2] + weights[k + 3] * input[k + 3];
        }
        for (; k < depth; ++k) {
            sum += weights[k] * input[k];
        }
        *output = (int8_t)bw_capsule_sat8(bw_capsule_divide(sum, shift));
        weights += depth;
    }
}

void bw_capsule_agree_q7(const int8_t *predictions, const int8_t *outputs, int32_t capsules, int32_t dim,
                         int32_t *output) {
    for (int32_t j = 0; j < capsules; ++j) {
        const int8_t *const end = predictions + dim, *const whole = predictions + (dim & ~3);
        int32_t sum = 0;
        while (predictions < whole) {
            sum += predictions[0] * outputs[0] + predictions[1] * outputs[1];
            sum += predictions[2] * outputs[2] + predictions[3] * outputs[3];
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
            const int32_t p = c * predictions[0], q = c * predictions[1];
            const int32_t r = c * predictions[2], s = c * predictions[3];
            sums[0] += p, sums[1] += q, sums[2] += r, sums[3] += s;
            predictions += 4, sums += 4;
        }
        while (predictions < end) {
            *sums++ += c * *predictions++;
        }
    }
}
