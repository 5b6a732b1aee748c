/* SVDF, int8 with a state of int16: each filter is a product of weights over the features of this step and of weights
 * over the last `memory` steps; `rank` filters make a unit.
 *
 * Layout: input [batch][features], output [batch][units], state [batch][units * rank][memory], the newest step last;
 * feature_weights [units * rank][features], as bw_rows_s8.h lays rows out, time_weights [units * rank][memory].
 * Ranges: accumulators over features fit int32, those over time wrap; requantization DOUBLE.
 * Scratch: a column of the features (bw_rows_column_s8.h).
 * Cost: a multiply-accumulate and a move of the state for each weight over time, one for each weight over features, a
 * requantization for each filter and each unit. The output may not overlap the input.
 */
#ifndef BW_SVDF_S8_H
#define BW_SVDF_S8_H

#include <stdint.h>

typedef struct {
    int32_t batch, features, units, rank, memory;
    const int8_t *feature_weights;
    const int32_t *feature_offsets; /* minus the input's zero point times the sum of a filter's weights */
    const int16_t *time_weights;
    const int32_t *bias; /* per unit */
    int32_t state_multiplier, state_shift;
    int32_t multiplier, shift;
    int32_t output_zero_point;
} bw_svdf_s8_params;

void bw_svdf_s8(const bw_svdf_s8_params *p, const int8_t *input, int8_t *output, int16_t *state, void *scratch);

#endif /* BW_SVDF_S8_H */
