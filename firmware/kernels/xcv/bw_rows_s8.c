/* Products of rows and a column by dot products of four bytes in hardware loops: 9 instructions for 16 products with
 * int8, 14 with int16, whose upper and lower bytes are multiplied on their own.
 */
#include "bw_rows_s8.h"

#include "bw_xcv.h"

/* The sums of four rows; the column has so many words of four bytes, of int16 two for each. */
void bw_four_rows_s8_xcv(const int8_t *weights, const void *column, int32_t words, const int32_t *bias, int32_t *sums);
void bw_four_rows_s16_xcv(const int8_t *weights, const void *column, int32_t words, const int32_t *bias, int32_t *sums);

#if BW_HAS_XCV

/* clang-format off */
__asm__(
    /* a0, t0, t1, t2: the rows; then their words in a2, a3, t3 and t5, the column's in t6. */
    ".macro rows_begin\n slli t3, a2, 2\n add t0, a0, t3\n add t1, t0, t3\n add t2, t1, t3\n"
    " lw a5, 0(a3)\n lw a6, 4(a3)\n lw a7, 8(a3)\n lw t4, 12(a3)\n.endm\n"
    ".macro rows_words\n lw_post t5, a0, 4\n lw_post a2, t0, 4\n lw_post a3, t1, 4\n lw_post t3, t2, 4\n.endm\n"
    ".macro rows_end\n sw a5, 0(a4)\n sw a6, 4(a4)\n sw a7, 8(a4)\n sw t4, 12(a4)\n.endm\n"
    "function bw_four_rows_s8_xcv\n"
    " rows_begin\n hardware_loop a2, 9\n"
    " lw_post t6, a1, 4\n rows_words\n"
    " sdotsp_b a5, t5, t6\n sdotsp_b a6, a2, t6\n sdotsp_b a7, a3, t6\n sdotsp_b t4, t3, t6\n"
    " rows_end\n ret\n"
    "end_function bw_four_rows_s8_xcv\n"
    ".macro upper sum, of_upper\n slli \\of_upper, \\of_upper, 8\n add \\sum, \\sum, \\of_upper\n.endm\n"
    "function bw_four_rows_s16_xcv\n"
    " addi sp, sp, -32\n sw s0, 0(sp)\n sw s1, 4(sp)\n sw s2, 8(sp)\n sw s3, 12(sp)\n sw s4, 16(sp)\n"
    " rows_begin\n li s1, 0\n li s2, 0\n li s3, 0\n li s4, 0\n hardware_loop a2, 14\n"
    " lw_post t6, a1, 4\n lw_post s0, a1, 4\n rows_words\n"
    " sdotsp_b s1, t5, t6\n sdotsp_b s2, a2, t6\n sdotsp_b s3, a3, t6\n sdotsp_b s4, t3, t6\n"
    " sdotusp_b a5, s0, t5\n sdotusp_b a6, s0, a2\n sdotusp_b a7, s0, a3\n sdotusp_b t4, s0, t3\n"
    " upper a5, s1\n upper a6, s2\n upper a7, s3\n upper t4, s4\n rows_end\n"
    " lw s0, 0(sp)\n lw s1, 4(sp)\n lw s2, 8(sp)\n lw s3, 12(sp)\n lw s4, 16(sp)\n addi sp, sp, 32\n ret\n"
    "end_function bw_four_rows_s16_xcv\n");
/* clang-format on */

#endif

static int32_t one_row_s8(const int8_t *weights, const int8_t *x, int32_t depth, int32_t sum) {
    for (int32_t i = 0; i < depth; ++i) {
        sum += weights[i] * x[i];
    }
    return sum;
}

static int32_t one_row_s16(const int8_t *weights, const uint8_t *x, int32_t depth, int32_t sum) {
    for (int32_t i = 0; i < depth; ++i, x += i % 4 == 0 ? 5 : 1) {
        sum += weights[i] * (int16_t)(uint16_t)(x[0] << 8 | x[4]);
    }
    return sum;
}

#if !BW_HAS_XCV

void bw_four_rows_s8_xcv(const int8_t *weights, const void *column, int32_t words, const int32_t *bias, int32_t *sums) {
    for (int32_t row = 0; row < 4; ++row) {
        sums[row] = one_row_s8(weights + 4 * row * words, column, 4 * words, bias[row]);
    }
}

void bw_four_rows_s16_xcv(const int8_t *weights, const void *column, int32_t words, const int32_t *bias,
                          int32_t *sums) {
    for (int32_t row = 0; row < 4; ++row) {
        sums[row] = one_row_s16(weights + 4 * row * words, column, 4 * words, bias[row]);
    }
}

#endif

void bw_rows_s8(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                int32_t *sums) {
    for (; rows >= 4; rows -= 4, weights += 4 * depth, bias += 4, sums += 4) {
        bw_four_rows_s8_xcv(weights, column, depth / 4, bias, sums);
    }
    for (; rows > 0; --rows, weights += depth) {
        *sums++ = one_row_s8(weights, column, depth, *bias++);
    }
}

void bw_rows_s16(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                 int32_t *sums) {
    for (; rows >= 4; rows -= 4, weights += 4 * depth, bias += 4, sums += 4) {
        bw_four_rows_s16_xcv(weights, column, depth / 4, bias, sums);
    }
    for (; rows > 0; --rows, weights += depth) {
        *sums++ = one_row_s16(weights, column, depth, *bias++);
    }
}
