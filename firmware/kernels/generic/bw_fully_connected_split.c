#include "bw_fully_connected_split.h"

void bw_fully_connected_split(const bw_fully_connected_split_params *p, const int8_t *input, const int16_t *scales,
                              const int16_t *outliers, void *output, void *scratch) {
    bw_token_rows(&p->layer, &p->aside, input, scales, outliers, output, scratch);
}
