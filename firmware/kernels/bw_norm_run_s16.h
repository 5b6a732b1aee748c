/* Elements of normalized rows of int16: bw_norm_run.h. May run in place. */
#ifndef BW_NORM_RUN_S16_H
#define BW_NORM_RUN_S16_H

#include "bw_norm_run.h"

void bw_norm_run_s16(const bw_norm_run *p, bw_norm_line line, const int16_t *input, int16_t *output);

#endif /* BW_NORM_RUN_S16_H */
