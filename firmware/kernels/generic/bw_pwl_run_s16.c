/* Portable runs of piecewise linear functions. */
#include "bw_pwl_run_s16.h"

#include "bw_pwl_s16.h"

void bw_tanh_run_s16(const int16_t *from, int32_t count, int32_t integer_bits, int16_t *to) {
    for (const int16_t *const end = from + count; from < end;) {
        *to++ = (int16_t)bw_tanh_pwl(*from++, integer_bits);
    }
}

void bw_logistic_run_s16(const int16_t *from, int32_t count, int32_t integer_bits, int16_t *to) {
    for (const int16_t *const end = from + count; from < end;) {
        *to++ = (int16_t)bw_logistic_pwl(*from++, integer_bits);
    }
}
