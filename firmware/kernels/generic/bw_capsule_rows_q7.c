/* Portable inner loops of capsules in power-of-two formats. */
#include "bw_capsule_rows_q7.h"

#include "bw_capsule_q7.h"

void bw_capsule_predict_q7(const int8_t *weights, const int8_t *input, int32_t rows, int32_t depth, int32_t shift,
                           int8_t *output) {
    for (int32_t r = 0; r < rows; ++r) {
        int32_t sum = 0;
        for (int32_t k = 0; k < depth; ++k) {
            sum += *weights++ * input[k];
        }
        output[r] = (int8_t)bw_capsule_sat8(bw_capsule_divide(sum, shift));
    }
}

void bw_capsule_agree_q7(const int8_t *predictions, const int8_t *outputs, int32_t capsules, int32_t dim,
                         int32_t *output) {
    for (int32_t j = 0; j < capsules; ++j) {
        int32_t sum = 0;
        for (int32_t d = 0; d < dim; ++d) {
            sum += *predictions++ * *outputs++;
        }
        output[j] = sum;
    }
}

void bw_capsule_gather_q7(const int8_t *predictions, const int8_t *couplings, int32_t capsules, int32_t dim,
                          int32_t *sums) {
    for (int32_t j = 0; j < capsules; ++j) {
        for (int32_t d = 0; d < dim; ++d) {
            *sums++ += couplings[j] * *predictions++;
        }
    }
}
