/* Rows of int16 to int8 rows with a scale each (bw_tokens.h), some channels kept aside as they are.
 *
 * Layout: input [rows][depth], output [rows][depth] with zeros in the channels that are kept aside, scales [rows],
 * aside [rows][outliers]. Outputs may not overlap the input.
 * Cost: as bw_quantize_tokens.
 */
#ifndef BW_QUANTIZE_TOKENS_SPLIT_H
#define BW_QUANTIZE_TOKENS_SPLIT_H

#include <stdint.h>

typedef struct {
    int32_t rows, depth, outliers;
    const int32_t *channels; /* [outliers], ascending */
} bw_quantize_tokens_split_params;

void bw_quantize_tokens_split(const bw_quantize_tokens_split_params *p, const int16_t *input, int8_t *output,
                              int16_t *scales, int16_t *aside);

#endif /* BW_QUANTIZE_TOKENS_SPLIT_H */
