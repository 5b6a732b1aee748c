#include "bw_words_xcv.h"

#include <string.h>

#include "bw_xcv.h"

#if BW_HAS_XCV

/* clang-format off */
__asm__(
    "function bw_copy_words_xcv\n"
    " srli t4, a2, 2\n andi a2, a2, 3\n beqz t4, 1f\n"
    " hardware_loop t4, 8\n"
    " lw_post t0, a1, 4\n lw_post t1, a1, 4\n lw_post t2, a1, 4\n lw_post t3, a1, 4\n"
    " sw_post t0, a0, 4\n sw_post t1, a0, 4\n sw_post t2, a0, 4\n sw_post t3, a0, 4\n"
    "1: beqz a2, 3f\n"
    "2: lw_post t0, a1, 4\n addi a2, a2, -1\n sw_post t0, a0, 4\n bnez a2, 2b\n"
    "3: ret\n"
    "end_function bw_copy_words_xcv\n"
    "function bw_fill_words_xcv\n"
    " srli t4, a2, 2\n andi a2, a2, 3\n beqz t4, 1f\n"
    " hardware_loop t4, 4\n"
    " sw_post a1, a0, 4\n sw_post a1, a0, 4\n sw_post a1, a0, 4\n sw_post a1, a0, 4\n"
    "1: beqz a2, 3f\n"
    "2: sw_post a1, a0, 4\n addi a2, a2, -1\n bnez a2, 2b\n"
    "3: ret\n"
    "end_function bw_fill_words_xcv\n");
/* clang-format on */

#else

void bw_copy_words_xcv(int8_t *to, const int8_t *from, int32_t words) { memcpy(to, from, 4 * (size_t)words); }

void bw_fill_words_xcv(int8_t *to, uint32_t word, int32_t words) {
    for (int32_t i = 0; i < words; ++i) {
        memcpy(to + 4 * i, &word, sizeof word);
    }
}

#endif
