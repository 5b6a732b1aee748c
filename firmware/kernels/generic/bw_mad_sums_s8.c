/* Portable sums of a row of int8. */
#include "bw_mad_sums_s8.h"

#include "bw_mad_sums_of.h"

BW_DEFINE_MAD_SUMS(bw_mad_total_s8, bw_mad_positive_s8, int8_t)
