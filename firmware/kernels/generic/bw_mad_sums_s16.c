/* Portable sums of a row of int16. */
#include "bw_mad_sums_s16.h"

#include "bw_mad_sums_of.h"

BW_DEFINE_MAD_SUMS(bw_mad_total_s16, bw_mad_positive_s16, int16_t)
