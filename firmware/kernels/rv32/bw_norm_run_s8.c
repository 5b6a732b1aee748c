/* Elements of normalized rows of int8, two a turn. */
#include "bw_norm_run_s8.h"

#include "bw_norm_value.h"

BW_DEFINE_NORM_RUN_BY_TWOS(bw_norm_run_s8, int8_t, bw_norm_value, bw_ssat8)
