/* Moves bytes; what is read and what is written may overlap. Instruction sets may have their own. */
#ifndef BW_BYTES_H
#define BW_BYTES_H

#include <stdint.h>
#include <string.h>

static inline void bw_move_bytes(void *to, const void *from, int32_t bytes) { memmove(to, from, (size_t)bytes); }

#endif /* BW_BYTES_H */
