/* Portable elements of normalized rows of int16. */
#include "bw_norm_run_s16.h"

#include "bw_norm_value.h"

BW_DEFINE_NORM_RUN(bw_norm_run_s16, int16_t, bw_norm_value, bw_ssat16)
