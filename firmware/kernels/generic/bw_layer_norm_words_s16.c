/* Portable layer and RMS normalization of int16. */
#include "bw_layer_norm_words_s16.h"

#include "bw_layer_norm_rows.h"
#include "bw_norm_run_s16.h"

BW_DEFINE_LAYER_NORM_WORDS(bw_layer_norm_words_s16, int16_t, uint64_t, bw_norm_run_s16)
