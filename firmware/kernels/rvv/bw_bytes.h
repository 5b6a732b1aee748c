/* Moves bytes, a vector of them at a time; what is read and what is written may overlap. */
#ifndef BW_BYTES_H
#define BW_BYTES_H

#include "bw_rvv.h"

static inline void bw_move_bytes(void *to, const void *from, int32_t bytes) {
    int8_t *const target = (int8_t *)to;
    const int8_t *const source = (const int8_t *)from;
    if ((uintptr_t)target - (uintptr_t)source >= (uintptr_t)bytes) {
        bw_copy_bytes(target, source, bytes); /* forwards: no byte is written before it is read */
        return;
    }
    while (bytes > 0) {
        const int32_t n = (int32_t)bw_lanes(bytes);
        bytes -= n;
        bw_copy_lanes(target + bytes, source + bytes, (size_t)n);
    }
}

#endif /* BW_BYTES_H */
