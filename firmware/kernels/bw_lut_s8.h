/* Any function of an int8 by table, int8 result: output[i] = table[input[i] + 128].
 *
 * May run in place.
 * Cost: one load of the table per element.
 */
#ifndef BW_LUT_S8_H
#define BW_LUT_S8_H

#include <stdint.h>

typedef struct {
    int32_t size;
    const int8_t *table; /* [256] */
} bw_lut_s8_params;

void bw_lut_s8(const bw_lut_s8_params *p, const int8_t *input, int8_t *output);

#endif /* BW_LUT_S8_H */
