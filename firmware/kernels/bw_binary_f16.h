/* Two tensors element by element in float: float16, clamp(a op b), with broadcasting.
 *
 * Layout: output in C's order of `shape`; an input's element moves by its stride where an index rises, by 0 along a
 * dimension that it lacks. An input with the output's shape may be in its place; the other is apart. No scratch. Cost:
 * one operation per element.
 */
#ifndef BW_BINARY_F16_H
#define BW_BINARY_F16_H

#include <stdint.h>

typedef struct {
    int32_t operation; /* of bw_binary_real.h */
    int32_t shape[6], stride_1[6], stride_2[6];
    float low, high; /* range of the output */
} bw_binary_f16_params;

void bw_binary_f16(const bw_binary_f16_params *p, const uint16_t *input_1, const uint16_t *input_2, uint16_t *output);

#endif /* BW_BINARY_F16_H */
