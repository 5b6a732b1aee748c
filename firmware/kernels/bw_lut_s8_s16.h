/* Any function of an int8 by table, int16 result: output[i] = table[input[i] + 128].
 *
 * The output may not overlap the input.
 * Cost: one load of the table per element.
 */
#ifndef BW_LUT_S8_S16_H
#define BW_LUT_S8_S16_H

#include <stdint.h>

typedef struct {
    int32_t size;
    const int16_t *table; /* [256] */
} bw_lut_s8_s16_params;

void bw_lut_s8_s16(const bw_lut_s8_s16_params *p, const int8_t *input, int16_t *output);

#endif /* BW_LUT_S8_S16_H */
