/* The functions of bw_pwl_s16.h of runs of values. In-place: `to` may be `from`. */
#ifndef BW_PWL_RUN_S16_H
#define BW_PWL_RUN_S16_H

#include <stdint.h>

void bw_tanh_run_s16(const int16_t *from, int32_t count, int32_t integer_bits, int16_t *to);
void bw_logistic_run_s16(const int16_t *from, int32_t count, int32_t integer_bits, int16_t *to);

#endif /* BW_PWL_RUN_S16_H */
