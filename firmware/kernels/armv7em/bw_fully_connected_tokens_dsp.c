#include "bw_fully_connected_tokens_dsp.h"

#include "bw_token_rows_dsp.h"

void bw_fully_connected_tokens_dsp(const bw_fully_connected_tokens_dsp_params *p, const int8_t *input,
                                   const int16_t *scales, void *output, void *scratch) {
    bw_token_rows_dsp(&p->layer, input, scales, output, scratch);
}
