/* Rows of int16 to int8 rows with a scale each (bw_tokens.h).
 *
 * Layout: input [rows][depth], output [rows][depth], scales [rows]. Outputs may not overlap the input.
 * Cost: two passes over a row, with one multiplication per element in the second, and two divisions per row.
 */
#ifndef BW_QUANTIZE_TOKENS_H
#define BW_QUANTIZE_TOKENS_H

#include <stdint.h>

typedef struct {
    int32_t rows, depth;
} bw_quantize_tokens_params;

void bw_quantize_tokens(const bw_quantize_tokens_params *p, const int16_t *input, int8_t *output, int16_t *scales);

#endif /* BW_QUANTIZE_TOKENS_H */
