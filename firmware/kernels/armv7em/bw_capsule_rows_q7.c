/* Inner loops of capsules in power-of-two formats by SMLAD. */
#include "bw_capsule_rows_q7.h"

#include "bw_capsule_q7.h"
#include "bw_capsule_row.h"

/* Four products at a time; a shift of 1 to 24 in four instructions, towards zero. */
void bw_capsule_predict_q7(const int8_t *weights, const int8_t *input, int32_t rows, int32_t depth, int32_t shift,
                           int8_t *output) {
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
