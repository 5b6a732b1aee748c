/* The micro frontend's logarithm: uint32 -> int16, 2^scale * ln(x * 2^correction), 0 for what is not above 1.
 *
 * In place, from the first element on: a result takes half the bytes.
 */
#ifndef BW_MICRO_LOG_H
#define BW_MICRO_LOG_H

#include <stdint.h>

typedef struct {
    int32_t elements;
    int32_t correction;   /* -31..31 */
    int32_t scale;        /* 0..10 */
    const int16_t *table; /* [130]: what log2 is above a straight line, Q16, in 128 segments */
} bw_micro_log_params;

void bw_micro_log(const bw_micro_log_params *p, const uint32_t *input, int16_t *output);

#endif /* BW_MICRO_LOG_H */
