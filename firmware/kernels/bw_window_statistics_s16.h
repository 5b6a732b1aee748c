/* Features of a window of int16 sensor samples, one set per axis, to int8 or int16.
 *
 * Layout: input [samples][axes] without zero point, output [axes][features].
 * Each feature is computed as samples * feature, exactly but for the floor of a square root, and requantized (DOUBLE).
 * Ranges: 2 to 4096 samples; samples * feature stays below 2^28 in magnitude, its square below 2^54.
 * Cost: one pass over the samples of each axis, a square root of 64 bits for deviation and rms, one requantization per
 * output. The output may not overlap the input.
 */
#ifndef BW_WINDOW_STATISTICS_S16_H
#define BW_WINDOW_STATISTICS_S16_H

#include <stdint.h>

enum {
    BW_WINDOW_MEAN,
    BW_WINDOW_DEVIATION,
    BW_WINDOW_RMS,
    BW_WINDOW_MINIMUM,
    BW_WINDOW_MAXIMUM,
    BW_WINDOW_RANGE,
};

typedef struct {
    int32_t samples, axes;
    const uint8_t *features;
    int32_t feature_count;
    int32_t multiplier, shift;
    int32_t output_zero_point;
    int32_t output_bytes; /* of an element: 1 or 2 */
} bw_window_statistics_s16_params;

void bw_window_statistics_s16(const bw_window_statistics_s16_params *p, const int16_t *input, void *output);

#endif /* BW_WINDOW_STATISTICS_S16_H */
