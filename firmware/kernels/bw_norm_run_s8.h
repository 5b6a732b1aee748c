/* Elements of normalized rows of int8: bw_norm_run.h. May run in place. */
#ifndef BW_NORM_RUN_S8_H
#define BW_NORM_RUN_S8_H

#include "bw_norm_run.h"

void bw_norm_run_s8(const bw_norm_run *p, bw_norm_line line, const int8_t *input, int8_t *output);

#endif /* BW_NORM_RUN_S8_H */
