/* Elements of normalized rows of int8 with SMMULR and SMMLAR. */
#include "bw_norm_run_s8.h"

#include "bw_norm_value_dsp.h"

BW_DEFINE_NORM_RUN_BY_TWOS(bw_norm_run_s8, int8_t, bw_norm_value_dsp, bw_ssat8)
