/* Copies bytes; input and output may overlap. */
#ifndef BW_COPY_H
#define BW_COPY_H

#include <stdint.h>

typedef struct {
    int32_t bytes;
} bw_copy_params;

void bw_copy(const bw_copy_params *p, const void *input, void *output);

#endif /* BW_COPY_H */
