/* Benchmarks whose samples are bytes and whose outputs are classes: kws01, ic01, vww01. */
#include "bw_mlperf.h"
#include "bw_model.h"

const uint8_t *bw_mlperf_prepare(void) { return bw_mlperf_sample; }

uint64_t bw_mlperf_result(uint32_t index) {
    const int8_t *output = bw_models[0]->output[0].data;
    return bw_mlperf_thousandths[output[index] + 128];
}
