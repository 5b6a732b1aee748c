/* The memory functions of the C library, for a compiler that brings them without a header and, since it compiles for
 * no C library, would not put short copies in line. */
#ifndef BW_FREESTANDING_STRING_H
#define BW_FREESTANDING_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

#define memcpy(to, from, size)  __builtin_memcpy(to, from, size)
#define memmove(to, from, size) __builtin_memmove(to, from, size)
#define memset(to, value, size) __builtin_memset(to, value, size)

#endif /* BW_FREESTANDING_STRING_H */
