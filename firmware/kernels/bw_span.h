/* The part of a window that lies inside one axis. */
#ifndef BW_SPAN_H
#define BW_SPAN_H

#include <stdint.h>

typedef struct {
    int32_t begin, end;
} bw_span;

static inline bw_span bw_span_of(int32_t start, int32_t taps, int32_t size) {
    const bw_span span = {start < 0 ? 0 : start, start + taps > size ? size : start + taps};
    return span;
}

#endif /* BW_SPAN_H */
