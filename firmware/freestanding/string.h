/* The memory functions of the C library, for compilers that bring them without the header. */
#ifndef BW_FREESTANDING_STRING_H
#define BW_FREESTANDING_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

#endif /* BW_FREESTANDING_STRING_H */
