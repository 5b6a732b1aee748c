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
    "end_function bw_fill_words_xcv\n"
    "function bw_copy_threes_xcv\n"
    " li t3, 0x00050403\n li t4, 0x00040302\n"
    " hardware_loop a2, 10\n"
    " lw_post t0, a1, 4\n lw_post t1, a1, 4\n lw_post t2, a1, 4\n"
    " sw_post t0, a0, 4\n shuffle2_b t0, t1, t3\n sw_post t0, a0, 4\n"
    " shuffle2_b t1, t2, t4\n sw_post t1, a0, 4\n srli t2, t2, 8\n sw_post t2, a0, 4\n"
    " ret\n"
    "end_function bw_copy_threes_xcv\n"
    "function bw_copy_box_xcv\n"
    " li a5, 0x01010101\n li a6, 0x03020100\n srli t5, a3, 2\n andi t6, a3, 3\n"
    "1: andi t0, a1, 3\n mv t1, a1\n bnez t0, 5f\n"
    " beqz t5, 2f\n"
    " hardware_loop t5, 8\n"
    " lw_post t0, t1, 4\n lw_post t2, t1, 4\n lw_post t3, t1, 4\n lw_post t4, t1, 4\n"
    " sw_post t0, a0, 4\n sw_post t2, a0, 4\n sw_post t3, a0, 4\n sw_post t4, a0, 4\n"
    "2: mv t2, t6\n beqz t2, 4f\n"
    "3: lw_post t0, t1, 4\n addi t2, t2, -1\n sw_post t0, a0, 4\n bnez t2, 3b\n"
    "4: add a1, a1, a4\n addi a2, a2, -1\n bnez a2, 1b\n"
    " ret\n"
    /* Every word is of two aligned ones: t3 holds the first, t2 says which bytes. */
    "5: mul t2, t0, a5\n add t2, t2, a6\n sub t1, t1, t0\n lw_post t3, t1, 4\n"
    " hardware_loop a3, 4\n"
    " lw_post t4, t1, 4\n shuffle2_b t3, t4, t2\n sw_post t3, a0, 4\n mv t3, t4\n"
    " j 4b\n"
    "end_function bw_copy_box_xcv\n");
/* clang-format on */

#else

void bw_copy_words_xcv(int8_t *to, const int8_t *from, int32_t words) { memcpy(to, from, 4 * (size_t)words); }

void bw_fill_words_xcv(int8_t *to, uint32_t word, int32_t words) {
    for (int32_t i = 0; i < words; ++i) {
        memcpy(to + 4 * i, &word, sizeof word);
    }
}

void bw_copy_threes_xcv(int8_t *to, const int8_t *from, int32_t fours) {
    for (int32_t i = 0; i < 4 * fours; ++i) {
        memcpy(to + 4 * i, from + 3 * i, 3);
        to[4 * i + 3] = 0;
    }
}

void bw_copy_box_xcv(int8_t *to, const int8_t *from, int32_t rows, int32_t words, int32_t pitch) {
    for (int32_t y = 0; y < rows; ++y) {
        memcpy(to + 4 * y * words, from + y * pitch, 4 * (size_t)words);
    }
}

#endif
