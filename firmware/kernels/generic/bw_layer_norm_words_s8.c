/* Portable layer and RMS normalization of int8. */
#include "bw_layer_norm_words_s8.h"

#include "bw_layer_norm_rows.h"
#include "bw_norm_run_s8.h"

BW_DEFINE_LAYER_NORM_WORDS(bw_layer_norm_words_s8, int8_t, uint32_t, bw_norm_run_s8)
