#include "bw_tile_s8_xcv.h"

#include "bw_fixedpoint.h"
#include "bw_xcv.h"

#if BW_HAS_XCV

/* Registers of both functions: a0 tile, a1 weights, a2 activations, a3 step, t6 from the last pixel to the next word of
 * the first; t0-t3 weights, t4 and t5 activations. Accumulators of channel i and pixel j in the 4x4: s0-s3, s4-s7,
 * s8-s11, a4-a7; in the 4x1: a4, a5, a6, a7, and in the 8x1 s0-s3 for the second group. Fields of the tile, by their
 * offset: 0 weights, 4 table, 8 rows, 12 end of rows, 16 words, 20 step, 24 output, 28 output step, 32 end of weights,
 * 36 zero point, 40 low, 44 high, 48 mode; the functions' own: 52 table, 56 output; 60 tiles. */

/* clang-format off */
__asm__(
    ".macro tile_begin\n"
    " lw a1, 0(a0)\n lw t0, 4(a0)\n sw t0, 52(a0)\n lw t0, 24(a0)\n sw t0, 56(a0)\n"
    ".endm\n"
    /* Biases of four channels, and the first row to come. */
    ".macro tile_biases first, second, third, fourth\n"
    " lw ra, 52(a0)\n lw \\first, 0(ra)\n lw \\second, 4(ra)\n lw \\third, 8(ra)\n lw \\fourth, 12(ra)\n lw ra, 8(a0)\n"
    ".endm\n"
    /* A loop over the words of a row; then back to \\again while there are rows. */
    ".macro tile_row instructions\n"
    " lw a2, 0(ra)\n lw t0, 16(a0)\n hardware_loop t0, \\instructions\n"
    ".endm\n"
    ".macro tile_next_row again\n"
    " addi ra, ra, 4\n lw t0, 12(a0)\n bne ra, t0, \\again\n"
    " lw ra, 52(a0)\n addi ra, ra, 16\n lw t2, 48(a0)\n"
    ".endm\n"
    ".macro tile_weights\n"
    " lw_post t0, a1, 4\n lw_post t1, a1, 4\n lw_post t2, a1, 4\n lw_post t3, a1, 4\n"
    ".endm\n"
    /* Everything below zero is clamped, and how ties there are rounded does not matter. */
    ".macro rectified_channel\n lw_post t0, ra, 4\n lw_post t1, ra, 4\n .endm\n"
    ".macro rectify acc\n mulhsu \\acc, \\acc, t0\n add_round_shift \\acc, t1, t1\n clip_s8 \\acc, \\acc\n .endm\n"
    /* t0 multiplier, t5 shift in its low bits, t2 the zero point's share and one; t4 is the zero point, t3 two. */
    ".macro channels_begin\n lw t4, 36(a0)\n li t3, 2\n lw_post t5, ra, 4\n .endm\n"
    ".macro channel\n lw_post t0, ra, 4\n sll t2, t4, t5\n addi t2, t2, 1\n .endm\n"
    ".macro next_channel\n srli t5, t5, 8\n channel\n .endm\n"
    ".macro requantize acc\n"
    " srai a2, \\acc, 31\n slli \\acc, \\acc, 2\n mulh \\acc, \\acc, t0\n mac \\acc, a2, t3\n"
    " add_round_shift \\acc, t2, t5\n"
    ".endm\n"
    ".macro clip acc\n clip_s8 \\acc, \\acc\n .endm\n"
    ".macro clamp acc\n max_s \\acc, \\acc, t0\n min_s \\acc, \\acc, t1\n .endm\n"
    /* Four channels of one pixel to the output at t0, which moves on by t1. */
    ".macro tile_store first, second, third, fourth\n"
    " packlo_b \\first, \\second, \\first\n packhi_b \\first, \\fourth, \\third\n sw_stride \\first, t0, t1\n"
    ".endm\n"
    /* Output to t0 and its step to t1; the output moves on by four channels. */
    ".macro tile_output\n sw ra, 52(a0)\n lw t0, 56(a0)\n lw t1, 28(a0)\n addi t2, t0, 4\n sw t2, 56(a0)\n .endm\n"
    /* Back to \\again while there are groups. */
    ".macro tile_next again\n lw t0, 32(a0)\n bne a1, t0, \\again\n .endm\n"
    /* To the next tile of 1 << shift pixels; back to \\again while there are tiles. */
    ".macro tile_advance shift, again\n"
    " lw t0, 8(a0)\n lw t1, 12(a0)\n lw t2, 20(a0)\n slli t2, t2, \\shift\n"
    "9: lw t3, 0(t0)\n add t3, t3, t2\n sw_post t3, t0, 4\n bne t0, t1, 9b\n"
    " lw t0, 24(a0)\n lw t1, 28(a0)\n slli t1, t1, \\shift\n add t0, t0, t1\n sw t0, 24(a0)\n"
    " lw t0, 60(a0)\n addi t0, t0, -1\n sw t0, 60(a0)\n bnez t0, \\again\n"
    ".endm\n"
    ".macro each operation, a, b, c, d\n"
    " \\operation \\a\n \\operation \\b\n \\operation \\c\n \\operation \\d\n"
    ".endm\n"
    ".macro column x, a, b, c, d\n"
    " sdotsp_b \\a, t0, \\x\n sdotsp_b \\b, t1, \\x\n sdotsp_b \\c, t2, \\x\n sdotsp_b \\d, t3, \\x\n"
    ".endm\n");

__asm__(
    "function bw_tile_4x4_s8_xcv\n"
    " addi sp, sp, -64\n sw ra, 0(sp)\n sw s0, 4(sp)\n sw s1, 8(sp)\n sw s2, 12(sp)\n sw s3, 16(sp)\n"
    " sw s4, 20(sp)\n sw s5, 24(sp)\n sw s6, 28(sp)\n sw s7, 32(sp)\n sw s8, 36(sp)\n sw s9, 40(sp)\n"
    " sw s10, 44(sp)\n sw s11, 48(sp)\n"
    "0: tile_begin\n lw a3, 20(a0)\n slli t6, a3, 1\n add t6, t6, a3\n li t0, 4\n sub t6, t0, t6\n"
    "1: tile_biases s0, s4, s8, a4\n"
    " mv s1, s0\n mv s2, s0\n mv s3, s0\n mv s5, s4\n mv s6, s4\n mv s7, s4\n"
    " mv s9, s8\n mv s10, s8\n mv s11, s8\n mv a5, a4\n mv a6, a4\n mv a7, a4\n"
    "2: tile_row 24\n"
    " tile_weights\n"
    " lw_stride t4, a2, a3\n lw_stride t5, a2, a3\n"
    " column t4, s0, s4, s8, a4\n lw_stride t4, a2, a3\n"
    " column t5, s1, s5, s9, a5\n lw_stride t5, a2, t6\n"
    " column t4, s2, s6, s10, a6\n column t5, s3, s7, s11, a7\n"
    " tile_next_row 2b\n"
    " bnez t2, 4f\n"
    " rectified_channel\n each rectify, s0, s1, s2, s3\n rectified_channel\n each rectify, s4, s5, s6, s7\n"
    " rectified_channel\n each rectify, s8, s9, s10, s11\n rectified_channel\n each rectify, a4, a5, a6, a7\n"
    "3: tile_output\n"
    " tile_store s0, s4, s8, a4\n tile_store s1, s5, s9, a5\n tile_store s2, s6, s10, a6\n"
    " tile_store s3, s7, s11, a7\n"
    " tile_next 1b\n"
    " tile_advance 2, 0b\n"
    " lw ra, 0(sp)\n lw s0, 4(sp)\n lw s1, 8(sp)\n lw s2, 12(sp)\n lw s3, 16(sp)\n lw s4, 20(sp)\n"
    " lw s5, 24(sp)\n lw s6, 28(sp)\n lw s7, 32(sp)\n lw s8, 36(sp)\n lw s9, 40(sp)\n lw s10, 44(sp)\n"
    " lw s11, 48(sp)\n addi sp, sp, 64\n ret\n"
    "4: channels_begin\n"
    " channel\n each requantize, s0, s1, s2, s3\n next_channel\n each requantize, s4, s5, s6, s7\n"
    " next_channel\n each requantize, s8, s9, s10, s11\n next_channel\n each requantize, a4, a5, a6, a7\n"
    " lw t0, 48(a0)\n addi t0, t0, -1\n bnez t0, 5f\n"
    " each clip, s0, s1, s2, s3\n each clip, s4, s5, s6, s7\n each clip, s8, s9, s10, s11\n each clip, a4, a5, a6, a7\n"
    " j 3b\n"
    "5: lw t0, 40(a0)\n lw t1, 44(a0)\n"
    " each clamp, s0, s1, s2, s3\n each clamp, s4, s5, s6, s7\n each clamp, s8, s9, s10, s11\n"
    " each clamp, a4, a5, a6, a7\n"
    " j 3b\n"
    "end_function bw_tile_4x4_s8_xcv\n");

__asm__(
    "function bw_tile_4x1_s8_xcv\n"
    " addi sp, sp, -16\n sw ra, 0(sp)\n"
    "0: tile_begin\n"
    "1: tile_biases a4, a5, a6, a7\n"
    "2: tile_row 9\n"
    " lw_post t4, a2, 4\n tile_weights\n column t4, a4, a5, a6, a7\n"
    " tile_next_row 2b\n"
    " bnez t2, 4f\n"
    " rectified_channel\n rectify a4\n rectified_channel\n rectify a5\n"
    " rectified_channel\n rectify a6\n rectified_channel\n rectify a7\n"
    "3: tile_output\n tile_store a4, a5, a6, a7\n"
    " tile_next 1b\n"
    " tile_advance 0, 0b\n"
    " lw ra, 0(sp)\n addi sp, sp, 16\n ret\n"
    "4: channels_begin\n"
    " channel\n requantize a4\n next_channel\n requantize a5\n next_channel\n requantize a6\n"
    " next_channel\n requantize a7\n"
    " lw t0, 48(a0)\n addi t0, t0, -1\n bnez t0, 5f\n"
    " each clip, a4, a5, a6, a7\n j 3b\n"
    "5: lw t0, 40(a0)\n lw t1, 44(a0)\n each clamp, a4, a5, a6, a7\n"
    " j 3b\n"
    "end_function bw_tile_4x1_s8_xcv\n");

__asm__(
    "function bw_tile_8x1_s8_xcv\n"
    " addi sp, sp, -32\n sw ra, 0(sp)\n sw s0, 4(sp)\n sw s1, 8(sp)\n sw s2, 12(sp)\n sw s3, 16(sp)\n sw s4, 20(sp)\n"
    " tile_begin\n lw t0, 48(a0)\n li s4, 48\n beqz t0, 1f\n li s4, 36\n"
    "1: lw ra, 52(a0)\n add t0, ra, s4\n lw a4, 0(ra)\n lw a5, 4(ra)\n lw a6, 8(ra)\n lw a7, 12(ra)\n"
    " lw s0, 0(t0)\n lw s1, 4(t0)\n lw s2, 8(t0)\n lw s3, 12(t0)\n"
    " lw t0, 8(a0)\n lw a2, 0(t0)\n lw t0, 16(a0)\n slli t1, t0, 4\n add a3, a1, t1\n"
    " hardware_loop t0, 17\n"
    " lw_post t4, a2, 4\n tile_weights\n column t4, a4, a5, a6, a7\n"
    " lw_post t0, a3, 4\n lw_post t1, a3, 4\n lw_post t2, a3, 4\n lw_post t3, a3, 4\n column t4, s0, s1, s2, s3\n"
    " mv a1, a3\n addi ra, ra, 16\n lw t0, 48(a0)\n bnez t0, 4f\n"
    " rectified_channel\n rectify a4\n rectified_channel\n rectify a5\n"
    " rectified_channel\n rectify a6\n rectified_channel\n rectify a7\n addi ra, ra, 16\n"
    " rectified_channel\n rectify s0\n rectified_channel\n rectify s1\n"
    " rectified_channel\n rectify s2\n rectified_channel\n rectify s3\n"
    "3: sw ra, 52(a0)\n lw t0, 56(a0)\n li t1, 4\n tile_store a4, a5, a6, a7\n tile_store s0, s1, s2, s3\n"
    " sw t0, 56(a0)\n tile_next 1b\n"
    " lw ra, 0(sp)\n lw s0, 4(sp)\n lw s1, 8(sp)\n lw s2, 12(sp)\n lw s3, 16(sp)\n lw s4, 20(sp)\n"
    " addi sp, sp, 32\n ret\n"
    "4: channels_begin\n"
    " channel\n requantize a4\n next_channel\n requantize a5\n next_channel\n requantize a6\n"
    " next_channel\n requantize a7\n addi ra, ra, 16\n channels_begin\n"
    " channel\n requantize s0\n next_channel\n requantize s1\n next_channel\n requantize s2\n"
    " next_channel\n requantize s3\n"
    " lw t0, 48(a0)\n addi t0, t0, -1\n bnez t0, 5f\n"
    " each clip, a4, a5, a6, a7\n each clip, s0, s1, s2, s3\n j 3b\n"
    "5: lw t0, 40(a0)\n lw t1, 44(a0)\n each clamp, a4, a5, a6, a7\n each clamp, s0, s1, s2, s3\n"
    " j 3b\n"
    "end_function bw_tile_8x1_s8_xcv\n");
__asm__(
    "function bw_dot_s8_xcv\n"
    " hardware_loop a2, 3\n lw_post t0, a0, 4\n lw_post t1, a1, 4\n sdotsp_b a3, t0, t1\n"
    " mv a0, a3\n ret\n"
    "end_function bw_dot_s8_xcv\n");
/* clang-format on */

#else

int32_t bw_dot_s8_xcv(const int8_t *a, const int8_t *b, int32_t words, int32_t acc) {
    for (int32_t k = 0; k < 4 * words; ++k) {
        acc += a[k] * b[k];
    }
    return acc;
}

/* Of channel i of a group. */
static int8_t output_of(const bw_tile_xcv *t, int32_t acc, const int32_t *table, int32_t i) {
    if (t->mode == BW_TILE_RECTIFIED) {
        return (int8_t)bw_clamp(bw_requantize_linear_xcv(acc, table[4 + 2 * i], table[5 + 2 * i]), -128, 127);
    }
    const int32_t shift = (int32_t)((uint32_t)table[4] >> 8 * i & 31U);
    return (int8_t)bw_clamp(bw_requantize_xcv(acc, table[5 + i], shift, t->zero_point), t->low, t->high);
}

/* What the functions do for one pixel of one group. */
static void pixel(const bw_tile_xcv *t, int32_t j, const int8_t *weights, const int32_t *table, int8_t *output) {
    for (int32_t i = 0; i < 4; ++i) {
        const int8_t *word = weights + 4 * i;
        int32_t acc = table[i];
        for (const int8_t **row = t->rows; row < t->rows_end; ++row) {
            for (int32_t k = 0; k < t->words; ++k, word += 16) {
                acc = bw_dot_s8_xcv(word, *row + j * t->step + 4 * k, 1, acc);
            }
        }
        output[i] = output_of(t, acc, table, i);
    }
}

static void tile(const bw_tile_xcv *t, int32_t pixels) {
    const int32_t bytes = (int32_t)(t->rows_end - t->rows) * t->words * 16;
    const int32_t *table = t->table;
    int8_t *output = t->output;
    for (const int8_t *weights = t->weights; weights < t->weights_end; weights += bytes, output += 4) {
        for (int32_t j = 0; j < pixels; ++j) {
            pixel(t, j, weights, table, output + j * t->output_step);
        }
        table += bw_tile_table_xcv(t->mode);
    }
}

static void tiles(bw_tile_xcv *t, int32_t pixels) {
    for (; t->tiles > 0; --t->tiles) {
        tile(t, pixels);
        for (const int8_t **row = t->rows; row < t->rows_end; ++row) {
            *row += pixels * t->step;
        }
        t->output += pixels * t->output_step;
    }
}

void bw_tile_4x4_s8_xcv(bw_tile_xcv *t) { tiles(t, 4); }
void bw_tile_4x1_s8_xcv(bw_tile_xcv *t) { tiles(t, 1); }
void bw_tile_8x1_s8_xcv(bw_tile_xcv *t) { tile(t, 1); }

#endif
