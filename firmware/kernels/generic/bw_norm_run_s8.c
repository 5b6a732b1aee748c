/* Portable elements of normalized rows of int8. */
#include "bw_norm_run_s8.h"

#include "bw_norm_value.h"

BW_DEFINE_NORM_RUN(bw_norm_run_s8, int8_t, bw_norm_value, bw_ssat8)
