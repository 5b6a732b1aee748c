/* A layer of capsules; its inner loops are those of the instruction set. */
#include "bw_capsule_routing_s8.h"

#include "bw_capsule_rows_s8.h"

typedef bw_capsule_routing_s8_params params;

/* Where things lie in the scratch. */
typedef struct {
    int32_t *sums, *couplings;
    int16_t *totals, *input, *predictions;
} parts;

/* u^ of one input capsule. */
static void predict(const params *p, const int8_t *input, int32_t capsule, int16_t *centred, int16_t *predictions) {
    const int32_t rows = p->capsules * p->dim;
    for (int32_t k = 0; k < p->depth; ++k) {
        centred[k] = (int16_t)(input[capsule * p->depth + k] - p->input_zero_point);
    }
    bw_capsule_predict_s8(p->weights + capsule * rows * p->depth, centred, rows, p->depth, p->prediction_shift,
                          predictions);
}

/* c of one input capsule from its u^ and all outputs so far. */
static void couple(const params *p, const int16_t *predictions, const int16_t *totals, int32_t *couplings) {
    bw_capsule_agree_s8(predictions, totals, p->capsules, p->dim, couplings);
    for (int32_t j = 0; j < p->capsules; ++j) {
        /* Policy SINGLE by the high word: octaves are below 2^29, so that a shift to the left fits int32. */
        const int32_t shift = p->octave_shift[j], left = shift > -2 ? shift + 2 : 0;
        couplings[j] = bw_requantize_high(couplings[j], p->octaves[j], left, left - 1 - shift);
    }
    bw_capsule_couplings(couplings, p->capsules, p->octave_bits);
}

/* s to v: added to the totals, or to the output where there is one. */
static void squash(const params *p, const int32_t *sums, int16_t *totals, int8_t *output) {
    const bw_capsule_step *const step = output != 0 ? &p->outer : &p->inner;
    for (int32_t j = 0; j < p->capsules; ++j) {
        uint64_t squares = 0;
        for (int32_t d = 0; d < p->dim; ++d) {
            squares += (uint64_t)((int64_t)sums[d] * sums[d]);
        }
        const bw_capsule_squash by = bw_capsule_squash_of(squares, p->half[j], p->one + j, step);
        for (int32_t d = 0; d < p->dim; ++d) {
            const int32_t value = bw_capsule_squashed(*sums++, &by);
            if (output != 0) {
                *output++ = (int8_t)bw_clamp(value + p->output_zero_point, INT8_MIN, INT8_MAX);
            } else {
                *totals = (int16_t)(*totals + value);
                ++totals;
            }
        }
    }
}

static void route(const params *p, const int8_t *input, int8_t *output, parts at) {
    const int32_t rows = p->capsules * p->dim;
    for (int32_t r = 0; r < rows; ++r) {
        at.totals[r] = 0;
    }
    for (int32_t j = 0; j < p->capsules; ++j) {
        at.couplings[j] = p->uniform;
    }
    for (int32_t iteration = 0; iteration < p->iterations; ++iteration) {
        for (int32_t r = 0; r < rows; ++r) {
            at.sums[r] = p->sum_start;
        }
        for (int32_t i = 0; i < p->inputs; ++i) {
            int16_t *const predictions = at.predictions + (p->kept != 0 ? i * rows : 0);
            if (iteration == 0 || p->kept == 0) {
                predict(p, input, i, at.input, predictions);
            }
            if (iteration > 0) {
                couple(p, predictions, at.totals, at.couplings);
            }
            bw_capsule_gather_s8(predictions, at.couplings, p->capsules, p->dim, p->sum_shift, at.sums);
        }
        squash(p, at.sums, at.totals, iteration == p->iterations - 1 ? output : 0);
    }
}

void bw_capsule_routing_s8(const params *p, const int8_t *input, int8_t *output, void *scratch) {
    const int32_t rows = p->capsules * p->dim;
    parts at;
    at.sums = scratch;
    at.couplings = at.sums + rows;
    at.predictions = (int16_t *)(void *)(at.couplings + p->capsules);
    at.totals = at.predictions + (p->kept != 0 ? p->inputs * rows : rows);
    at.input = at.totals + rows;
    for (int32_t sample = 0; sample < p->batch; ++sample) {
        route(p, input, output, at);
        input += p->inputs * p->depth;
        output += rows;
    }
}
