/* Index of the first largest element along one axis, int8: input [outer][size][inner] -> int32 or int64 [outer][inner].
 *
 * Cost: one comparison per input. The output may not overlap the input.
 */
#ifndef BW_ARG_MAX_S8_H
#define BW_ARG_MAX_S8_H

#include <stdint.h>

typedef struct {
    int32_t outer, size, inner;
    int32_t output_bytes; /* 4 or 8 */
} bw_arg_max_s8_params;

void bw_arg_max_s8(const bw_arg_max_s8_params *p, const int8_t *input, void *output);

#endif /* BW_ARG_MAX_S8_H */
