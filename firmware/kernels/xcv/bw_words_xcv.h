/* Copies and fills of whole words, both addresses aligned to four bytes: 2 and 1 instructions per word, some 20 a call.
 */
#ifndef BW_WORDS_XCV_H
#define BW_WORDS_XCV_H

#include <stdint.h>

void bw_copy_words_xcv(int8_t *to, const int8_t *from, int32_t words);
void bw_fill_words_xcv(int8_t *to, uint32_t word, int32_t words);

#endif /* BW_WORDS_XCV_H */
