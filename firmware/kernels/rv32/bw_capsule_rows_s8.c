/* Inner loops of capsules, four elements a turn: no load waits for the one before, and capsules of four and eight
 * elements stay in registers. Measured: per iteration 13 instructions an element, and 103 a pair of capsules. */
#include "bw_capsule_rows_s8.h"

static void predict_four(const int8_t *weights, const int16_t *input, int32_t rows, int32_t shift, int16_t *output) {
    const int32_t start = (INT32_C(1) << shift) >> 1;
    const int32_t a = input[0], b = input[1], c = input[2], d = input[3];
    for (const int16_t *const end = output + rows; output < end; ++output) {
        const int32_t first = weights[0] * a + weights[1] * b, second = weights[2] * c + weights[3] * d;
        *output = (int16_t)((start + first + second) >> shift);
        weights += 4;
    }
}

static void predict_eight(const int8_t *weights, const int16_t *input, int32_t rows, int32_t shift, int16_t *output) {
    const int32_t start = (INT32_C(1) << shift) >> 1;
    const int32_t a = input[0], b = input[1], c = input[2], d = input[3];
    const int32_t e = input[4], f = input[5], g = input[6], h = input[7];
    for (const int16_t *const end = output + rows; output < end; ++output) {
        const int32_t first = weights[0] * a + weights[1] * b, second = weights[2] * c + weights[3] * d;
        const int32_t third = weights[4] * e + weights[5] * f, fourth = weights[6] * g + weights[7] * h;
        *output = (int16_t)((start + first + second + third + fourth) >> shift);
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
    for (const int16_t *const end = output + rows; output < end; ++output) {
        int32_t sum = (INT32_C(1) << shift) >> 1, k = 0;
        for (; k + 4 <= depth; k += 4) {
            sum += weights[k] * input[k] + weights[k + 1] * input[k + 1];
            sum += weights[k + 2] * input[k + 2] + weights[k + 3] * input[k + 3];
        }
        for (; k < depth; ++k) {
            sum += weights[k] * input[k];
        }
        *output = (int16_t)(sum >> shift);
        weights += depth;
    }
}

void bw_capsule_agree_s8(const int16_t *predictions, const int16_t *totals, int32_t capsules, int32_t dim,
                         int32_t *output) {
    for (int32_t j = 0; j < capsules; ++j) {
        const int16_t *const end = predictions + dim, *const whole = predictions + (dim & ~3);
        int32_t sum = 0;
        while (predictions < whole) {
            sum += predictions[0] * totals[0] + predictions[1] * totals[1];
            sum += predictions[2] * totals[2] + predictions[3] * totals[3];
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
        const int32_t c = couplings[j];
        const int16_t *const end = predictions + dim, *const whole = predictions + (dim & ~3);
        while (predictions < whole) {
            const int32_t p = (c * predictions[0]) >> shift, q = (c * predictions[1]) >> shift;
            const int32_t r = (c * predictions[2]) >> shift, s = (c * predictions[3]) >> shift;
            sums[0] += p, sums[1] += q, sums[2] += r, sums[3] += s;
            predictions += 4, sums += 4;
        }
        while (predictions < end) {
            *sums++ += (c * *predictions++) >> shift;
        }
    }
}
