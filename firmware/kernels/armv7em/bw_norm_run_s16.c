/* Elements of normalized rows of int16 with SMMULR and SMMLAR. */
#include "bw_norm_run_s16.h"

#include "bw_norm_value_dsp.h"

BW_DEFINE_NORM_RUN_BY_TWOS(bw_norm_run_s16, int16_t, bw_norm_value_dsp, bw_ssat16)
