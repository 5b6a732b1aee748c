/* A function of int16, element by element, by a table with interpolation (bw_interpolation.h).
 *
 * May run in place. Ranges: results are between two entries of the table, rounded, and so fit int16.
 * Cost: two loads of the table and one multiplication per element.
 */
#ifndef BW_INTERPOLATE_S16_H
#define BW_INTERPOLATE_S16_H

#include <stdint.h>

typedef struct {
    int32_t size;
    int32_t steep;        /* 1: two entries differ by more than int16 holds */
    const int16_t *table; /* [513] */
} bw_interpolate_s16_params;

void bw_interpolate_s16(const bw_interpolate_s16_params *p, const int16_t *input, int16_t *output);

#endif /* BW_INTERPOLATE_S16_H */
