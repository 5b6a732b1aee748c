/* One benchmark of MLPerf Tiny, as the protocol (bw_mlperf.c) sees it. bw_classify.c and bw_reconstruct.c know what the
 * bytes of a sample mean; bw_benchmark.c, generated with the model, holds the constants. */
#ifndef BW_MLPERF_H
#define BW_MLPERF_H

#include <stdint.h>

extern const char bw_mlperf_model[]; /* what the runner calls the benchmark: "kws01" */
extern uint8_t bw_mlperf_sample[];   /* a sample as the runner sent it */
extern const uint32_t bw_mlperf_sample_bytes;
extern const uint32_t bw_mlperf_results; /* how many numbers answer a sample */

/* Makes the network's input of the sample, once before it is inferred any number of times. The network overwrites its
 * input: bw_mlperf.c copies these bytes into it before each inference, exclusive-or `flip`. */
const uint8_t *bw_mlperf_prepare(void);
extern const uint8_t bw_mlperf_flip;

/* A result of the last inference, in thousandths. */
uint64_t bw_mlperf_result(uint32_t index);

/* Constants of bw_classify.c: thousandths by output + 128. */
extern const uint16_t bw_mlperf_thousandths[256];

/* Constants of bw_reconstruct.c: the room for the quantized sample; the keys (see there) of the least floats that
 * become -127 to 127; the outputs as reals, in units of 2^-14, by output + 128. */
extern int8_t bw_mlperf_quantized[];
extern const int32_t bw_mlperf_steps[255];
extern const int32_t bw_mlperf_values[256];

#endif /* BW_MLPERF_H */
