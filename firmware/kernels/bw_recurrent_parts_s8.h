/* What the parts of recurrent layers (bw_recurrent_s8.h) share. */
#ifndef BW_RECURRENT_PARTS_S8_H
#define BW_RECURRENT_PARTS_S8_H

#include "bw_fixedpoint.h"
#include "bw_recurrent_s8.h"

static inline int32_t bw_recurrent_saturate(int32_t x) { return bw_clamp(x, INT16_MIN, INT16_MAX); }

/* a * b with a in Q0.15, rounded half up; the product must fit int32. */
static inline int32_t bw_recurrent_times(int32_t a, int32_t b) { return (a * b + (1 << 14)) >> 15; }

/* Rows up to a multiple of four values. */
static inline int32_t bw_recurrent_padded(int32_t count) { return (count + 3) & ~3; }

#endif /* BW_RECURRENT_PARTS_S8_H */
