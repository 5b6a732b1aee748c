/* The two passes over a row of int16 that gets a scale of its own (bw_tokens.h), or over the runs between outliers.
 *
 * Cost per element of both: some 11 instructions in portable C on a Cortex-M3, 2 with Helium.
 */
#ifndef BW_TOKEN_RUN_S16_H
#define BW_TOKEN_RUN_S16_H

#include <stdint.h>

/* The largest magnitude of a run, and of `largest`: 0..32768. */
int32_t bw_token_reach(const int16_t *x, int32_t count, int32_t largest);

/* q = (x * reciprocal + 2^22) >> 23: |x * reciprocal| is at most 127 * 2^23. */
void bw_token_values(const int16_t *x, int32_t count, int32_t reciprocal, int8_t *q);

#endif /* BW_TOKEN_RUN_S16_H */
