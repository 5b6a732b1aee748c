/* One step of one sequence. */
#ifndef BW_RECURRENT_TAKE_S8_H
#define BW_RECURRENT_TAKE_S8_H

#include "bw_recurrent_s8.h"

/* From the row of the input to that of the output; hidden values as they are kept, and the state in 16 bits. */
void bw_recurrent_take_s8(const bw_recurrent_s8_params *p, const void *input, void *output, int32_t row,
                          const void *hidden, int16_t *h, int16_t *scratch, bw_recurrent_stream *weights);

/* The rows of weights begin to come, for so many steps. */
bw_recurrent_stream bw_recurrent_begin_s8(const bw_recurrent_s8_params *p, int32_t steps, int16_t *scratch);

#endif /* BW_RECURRENT_TAKE_S8_H */
