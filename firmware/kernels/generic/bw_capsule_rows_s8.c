/* Portable inner loops of capsules. */
#include "bw_capsule_rows_s8.h"

void bw_capsule_predict_s8(const int8_t *weights, const int16_t *input, int32_t rows, int32_t depth, int32_t shift,
                           int16_t *output) {
    const int32_t start = (INT32_C(1) << shift) >> 1;
    for (int32_t r = 0; r < rows; ++r) {
        int32_t sum = start;
        for (int32_t k = 0; k < depth; ++k) {
            sum += *weights++ * input[k];
        }
        output[r] = (int16_t)(sum >> shift);
    }
}

void bw_capsule_agree_s8(const int16_t *predictions, const int16_t *totals, int32_t capsules, int32_t dim,
                         int32_t *output) {
    for (int32_t j = 0; j < capsules; ++j) {
        int32_t sum = 0;
        for (int32_t d = 0; d < dim; ++d) {
            sum += *predictions++ * *totals++;
        }
        output[j] = sum;
    }
}

void bw_capsule_gather_s8(const int16_t *predictions, const int32_t *couplings, int32_t capsules, int32_t dim,
                          int32_t shift, int32_t *sums) {
    for (int32_t j = 0; j < capsules; ++j) {
        const int32_t c = couplings[j];
        for (int32_t d = 0; d < dim; ++d) {
            *sums++ += (c * *predictions++) >> shift;
        }
    }
}
