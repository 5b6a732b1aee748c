/* Sums of a box of pixels, four channels at a time: dot products with words that have a one in one byte. */
#ifndef BW_SUMS_S8_XCV_H
#define BW_SUMS_S8_XCV_H

#include <stdint.h>

/* columns pixels, step bytes apart, of rows that are pitch bytes apart; 5 instructions per pixel. */
void bw_sums_s8_xcv(const int8_t *box, int32_t rows, int32_t columns, int32_t pitch, int32_t step, int32_t sums[4]);

#endif /* BW_SUMS_S8_XCV_H */
