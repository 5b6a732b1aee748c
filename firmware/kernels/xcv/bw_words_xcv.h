/* Copies and fills of whole words at addresses aligned to four bytes: 2 and 1 instructions per word, some 20 a call. */
#ifndef BW_WORDS_XCV_H
#define BW_WORDS_XCV_H

#include <stdint.h>

void bw_copy_words_xcv(int8_t *to, const int8_t *from, int32_t words);
void bw_fill_words_xcv(int8_t *to, uint32_t word, int32_t words);

/* Pixels of three bytes to words whose last byte is any, four at a time: 3 instructions per pixel. */
void bw_copy_threes_xcv(int8_t *to, const int8_t *from, int32_t fours);

/* Boxes: rows of words, pitch bytes apart, to one place aligned to four bytes. Rows may start anywhere: 2 instructions
 * per word where they are aligned, 4 elsewhere, some 15 a row. Reads up to 4 bytes behind the last row. */
void bw_copy_box_xcv(int8_t *to, const int8_t *from, int32_t rows, int32_t words, int32_t pitch);

/* Bytes from anywhere to anywhere: words where all is aligned, elsewhere 4 instructions a byte. */
static inline void bw_copy_bytes_xcv(int8_t *to, const int8_t *from, int32_t count) {
    if (((count | (int32_t)(uintptr_t)to | (int32_t)(uintptr_t)from) & 3) == 0) {
        bw_copy_words_xcv(to, from, count / 4);
        return;
    }
    for (const int8_t *end = from + count; from < end;) {
        *to++ = *from++;
    }
}

#endif /* BW_WORDS_XCV_H */
