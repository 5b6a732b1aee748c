#include "bw_fully_connected_tokens.h"

#include <stddef.h>

void bw_fully_connected_tokens(const bw_fully_connected_tokens_params *p, const int8_t *input, const int16_t *scales,
                               void *output, void *scratch) {
    bw_token_rows(&p->layer, NULL, input, scales, NULL, output, scratch);
}
