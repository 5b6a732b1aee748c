/* A layer of capsules in power-of-two formats; its inner loops are those of the instruction set. */
#include "bw_capsule_routing_q7.h"

#include "bw_capsule_rows_q7.h"

typedef bw_capsule_routing_q7_params params;

/* Where things lie in the scratch. */
typedef struct {
    int32_t *sums, *dots;
    int8_t *logits, *couplings, *outputs, *predictions;
} parts;

/* The logits of one input capsule after an iteration. */
static void agree(const params *p, const int8_t *shifts, const int8_t *predictions, const parts *at, int8_t *logits) {
    bw_capsule_agree_q7(predictions, at->outputs, p->capsules, p->dim, at->dots);
    for (int32_t j = 0; j < p->capsules; ++j) {
        const int32_t agreement = bw_capsule_sat8(bw_capsule_divide(at->dots[j], shifts[BW_CAPSULE_AGREEMENT]));
        const int32_t sum = bw_shl32(agreement, shifts[BW_CAPSULE_ALIGN_AGREEMENT]) +
                            bw_shl32(logits[j], shifts[BW_CAPSULE_ALIGN_LOGITS]);
        logits[j] = (int8_t)bw_capsule_sat8(bw_capsule_divide(sum, shifts[BW_CAPSULE_LOGITS]));
    }
}

static void squash(const params *p, const int8_t *shifts, int32_t *sums, int8_t *output) {
    const bw_capsule_formats formats = {shifts[BW_CAPSULE_SQUASH_IN], shifts[BW_CAPSULE_SQUASH_OUT]};
    for (int32_t j = 0; j < p->capsules; ++j) {
        int32_t power = 0, numerator, denominator;
        for (int32_t d = 0; d < p->dim; ++d) {
            sums[d] = bw_capsule_sat8(bw_capsule_divide(sums[d], shifts[BW_CAPSULE_SUMS]));
            power += sums[d] * sums[d];
        }
        bw_capsule_squash_q7(power, formats, &numerator, &denominator);
        for (int32_t d = 0; d < p->dim; ++d) {
            *output++ = (int8_t)bw_capsule_sat8(*sums++ * numerator / denominator);
        }
    }
}

static void route(const params *p, const int8_t *input, int8_t *output, parts at) {
    const int32_t rows = p->capsules * p->dim;
    for (int32_t i = 0; i < p->inputs * p->capsules; ++i) {
        at.logits[i] = 0;
    }
    bw_capsule_softmax_q7(at.logits, p->capsules, at.couplings); /* the first iteration's, the same of all inputs */
    for (int32_t iteration = 0; iteration < p->iterations; ++iteration) {
        const int8_t *const shifts = p->shifts + iteration * BW_CAPSULE_SHIFTS;
        for (int32_t r = 0; r < rows; ++r) {
            at.sums[r] = 0;
        }
        for (int32_t i = 0; i < p->inputs; ++i) {
            int8_t *const predictions = at.predictions + (p->kept != 0 ? i * rows : 0);
            int8_t *const logits = at.logits + i * p->capsules;
            if (iteration == 0 || p->kept == 0) {
                bw_capsule_predict_q7(p->weights + i * rows * p->depth, input + i * p->depth, rows, p->depth,
                                      p->prediction_shift, predictions);
            }
            if (iteration > 0) {
                agree(p, shifts - BW_CAPSULE_SHIFTS, predictions, &at, logits);
                bw_capsule_softmax_q7(logits, p->capsules, at.couplings);
            }
            bw_capsule_gather_q7(predictions, at.couplings, p->capsules, p->dim, at.sums);
        }
        squash(p, shifts, at.sums, iteration == p->iterations - 1 ? output : at.outputs);
    }
}

void bw_capsule_routing_q7(const params *p, const int8_t *input, int8_t *output, void *scratch) {
    const int32_t rows = p->capsules * p->dim;
    parts at;
    at.sums = scratch;
    at.dots = at.sums + rows;
    at.logits = (int8_t *)(at.dots + p->capsules);
    at.couplings = at.logits + p->inputs * p->capsules;
    at.outputs = at.couplings + p->capsules;
    at.predictions = at.outputs + rows;
    for (int32_t sample = 0; sample < p->batch; ++sample) {
        route(p, input, output, at);
        input += p->inputs * p->depth;
        output += rows;
    }
}
