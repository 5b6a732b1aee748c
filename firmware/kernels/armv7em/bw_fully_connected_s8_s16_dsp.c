#include "bw_fully_connected_s8_s16_dsp.h"

#include <stddef.h>

#include "bw_token_rows_dsp.h"

void bw_fully_connected_s8_s16_dsp(const bw_fully_connected_s8_s16_dsp_params *p, const int8_t *input, void *output,
                                   void *scratch) {
    bw_token_rows_dsp(&p->layer, input, NULL, output, scratch);
}
