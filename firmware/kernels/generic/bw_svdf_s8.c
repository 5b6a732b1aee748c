/* Portable SVDF, state of int16. */
#include "bw_svdf_s8.h"

#include "bw_fixedpoint.h"
#include "bw_rows_column_s8.h"
#include "bw_rows_s8.h"
#include "bw_slide_s16.h"

enum { BLOCK = 16 }; /* filters whose sums over features wait on the stack */

/* The outputs of one input, its column given. */
static void outputs(const bw_svdf_s8_params *p, const void *column, int8_t *output, int16_t *state) {
    const int32_t depth = (p->features + 3) & ~3, filters = p->units * p->rank;
    const int16_t *time_weights = p->time_weights;
    const int32_t *bias = p->bias;
    int32_t sums[BLOCK], sum = 0, of_unit = 0;
    for (int32_t filter = 0; filter < filters; ++filter, time_weights += p->memory, state += p->memory) {
        if (filter % BLOCK == 0) {
            const int32_t count = filters - filter < BLOCK ? filters - filter : BLOCK;
            bw_rows_s8(p->feature_weights + filter * depth, column, depth, count, p->feature_offsets + filter, sums);
        }
        const int32_t newest = bw_requantize_double(sums[filter % BLOCK], p->state_multiplier, p->state_shift);
        const int32_t part = bw_slide_s16(time_weights, state, p->memory, bw_clamp(newest, INT16_MIN, INT16_MAX));
        sum = bw_add32(of_unit == 0 ? *bias++ : sum, part);
        if (++of_unit == p->rank) {
            const int32_t value = bw_requantize_double(sum, p->multiplier, p->shift) + p->output_zero_point;
            *output++ = (int8_t)bw_clamp(value, INT8_MIN, INT8_MAX);
            of_unit = 0;
        }
    }
}

void bw_svdf_s8(const bw_svdf_s8_params *p, const int8_t *input, int8_t *output, int16_t *state, void *scratch) {
    for (int32_t batch = 0; batch < p->batch; ++batch, input += p->features, output += p->units) {
        outputs(p, bw_rows_column_s8(input, p->features, scratch), output, state);
        state += p->units * p->rank * p->memory;
    }
}
