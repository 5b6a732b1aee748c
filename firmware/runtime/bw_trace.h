/* The hook that a model calls after each layer when it is compiled with BW_TRACE; after each part of a layer's output,
 * in order, where it is computed in parts. */
#ifndef BW_TRACE_H
#define BW_TRACE_H

#include <stdint.h>

void bw_trace(uint16_t point, const void *data, uint32_t bytes);

#endif /* BW_TRACE_H */
