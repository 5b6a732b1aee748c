/* Copies of rectangles, sixteen bytes at a time: the windows of neighbouring pixels to contiguous memory.
 *
 * Nothing is read or written beyond the rows. Cost: 3 instructions per 16 bytes, 5 per row, 5 per rectangle, 20 per
 * call.
 */
#ifndef BW_COPY_S8_MVE_H
#define BW_COPY_S8_MVE_H

#include <stdint.h>

/* The assembly knows the order of these fields. Sizes and counts are at least one. */
typedef struct {
    int8_t *to;
    const int8_t *from;
    int32_t size, rows;           /* bytes of a row, rows of a rectangle */
    int32_t to_pitch, from_pitch; /* bytes between rows */
    int32_t count, step;          /* rectangles, and bytes between them in the source */
    int32_t gap;                  /* bytes left out between rectangles where they are written */
} bw_copy_s8_mve_job;

void bw_copy_s8_mve(const bw_copy_s8_mve_job *job);

#endif /* BW_COPY_S8_MVE_H */
