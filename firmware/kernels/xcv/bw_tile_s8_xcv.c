#include "bw_tile_s8_xcv.h"

#include "bw_fixedpoint.h"
#include "bw_xcv.h"

#if BW_HAS_XCV

/* Registers of both functions: a0 tile, a1 weights, a2 columns, a3 depth, t6 from the last row to the next word of the
 * first; t0-t3 weights, t4 and t5 activations. Accumulators of channel i and column j in the 4x4: s0-s3, s4-s7, s8-s11,
 * a4-a7; in the 4x1: a4, a5, a6, a7. Fields of the tile, by their offset: 0 weights, 4 columns, 8 depth, 12 groups, 16
 * bias, 20 multiplier, 24 shift, 28 output, 32 step, 36 zero point, 40 low, 44 high, 48 rectified. */

/* clang-format off */
__asm__(
    /* Weights, depth and what t6 holds. */
    ".macro tile_begin\n"
    " lw a1, 0(a0)\n lw a3, 8(a0)\n slli t6, a3, 1\n add t6, t6, a3\n li t0, 4\n sub t6, t0, t6\n"
    ".endm\n"
    /* Biases of four channels; ra is left at them. */
    ".macro tile_biases first, second, third, fourth\n"
    " lw ra, 16(a0)\n lw \\first, 0(ra)\n lw \\second, 4(ra)\n lw \\third, 8(ra)\n lw \\fourth, 12(ra)\n"
    " addi ra, ra, 16\n sw ra, 16(a0)\n lw a2, 4(a0)\n srli ra, a3, 2\n"
    ".endm\n"
    /* The next word of four rows. */
    ".macro tile_weights\n"
    " lw_stride t0, a1, a3\n lw_stride t1, a1, a3\n lw_stride t2, a1, a3\n lw_stride t3, a1, t6\n"
    ".endm\n"
    /* Where the channels' constants are: ra multipliers, t5 shifts; t4 zero point, t3 two. To the next four rows. */
    ".macro tile_constants\n"
    " lw ra, 20(a0)\n lw t5, 24(a0)\n lw t4, 36(a0)\n li t3, 2\n"
    " addi t0, ra, 16\n sw t0, 20(a0)\n addi t0, t5, 4\n sw t0, 24(a0)\n"
    " sub a1, a1, t6\n addi a1, a1, 4\n"
    ".endm\n"
    /* Of channel i: t0 multiplier, t1 shift, t2 the zero point's share and one. */
    ".macro channel i\n"
    " lw t0, 4 * \\i(ra)\n lb t1, \\i(t5)\n sll t2, t4, t1\n addi t2, t2, 1\n"
    ".endm\n"
    /* Where everything below zero is clamped, it does not matter how ties below zero are rounded. */
    ".macro rectify acc\n"
    " slli \\acc, \\acc, 2\n mulh \\acc, \\acc, t0\n add_round_shift \\acc, t2, t1\n clip_s8 \\acc, \\acc\n"
    ".endm\n"
    ".macro requantize acc\n"
    " srai a2, \\acc, 31\n slli \\acc, \\acc, 2\n mulh \\acc, \\acc, t0\n mac \\acc, a2, t3\n"
    " add_round_shift \\acc, t2, t1\n"
    ".endm\n"
    ".macro clamp acc\n max_s \\acc, \\acc, t0\n min_s \\acc, \\acc, t1\n .endm\n"
    /* Four channels of one column to the output at t0, which moves on by t1. */
    ".macro tile_store first, second, third, fourth\n"
    " packlo_b \\first, \\second, \\first\n packhi_b \\first, \\fourth, \\third\n sw_stride \\first, t0, t1\n"
    ".endm\n"
    /* Output to t0 and step to t1; the output moves on by four channels. */
    ".macro tile_output\n lw t0, 28(a0)\n lw t1, 32(a0)\n addi t2, t0, 4\n sw t2, 28(a0)\n .endm\n"
    /* Back to \\again while there are groups. */
    ".macro tile_next again\n lw t0, 12(a0)\n addi t0, t0, -1\n sw t0, 12(a0)\n bnez t0, \\again\n .endm\n"
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
    " tile_begin\n"
    "1: tile_biases s0, s4, s8, a4\n"
    " mv s1, s0\n mv s2, s0\n mv s3, s0\n mv s5, s4\n mv s6, s4\n mv s7, s4\n"
    " mv s9, s8\n mv s10, s8\n mv s11, s8\n mv a5, a4\n mv a6, a4\n mv a7, a4\n"
    " hardware_loop ra, 24\n"
    " tile_weights\n"
    " lw_stride t4, a2, a3\n lw_stride t5, a2, a3\n"
    " column t4, s0, s4, s8, a4\n lw_stride t4, a2, a3\n"
    " column t5, s1, s5, s9, a5\n lw_stride t5, a2, t6\n"
    " column t4, s2, s6, s10, a6\n column t5, s3, s7, s11, a7\n"
    " tile_constants\n"
    " lw t0, 48(a0)\n beqz t0, 2f\n"
    " channel 0\n each rectify, s0, s1, s2, s3\n channel 1\n each rectify, s4, s5, s6, s7\n"
    " channel 2\n each rectify, s8, s9, s10, s11\n channel 3\n each rectify, a4, a5, a6, a7\n"
    "3: tile_output\n"
    " tile_store s0, s4, s8, a4\n tile_store s1, s5, s9, a5\n tile_store s2, s6, s10, a6\n"
    " tile_store s3, s7, s11, a7\n"
    " tile_next 1b\n"
    " lw ra, 0(sp)\n lw s0, 4(sp)\n lw s1, 8(sp)\n lw s2, 12(sp)\n lw s3, 16(sp)\n lw s4, 20(sp)\n"
    " lw s5, 24(sp)\n lw s6, 28(sp)\n lw s7, 32(sp)\n lw s8, 36(sp)\n lw s9, 40(sp)\n lw s10, 44(sp)\n"
    " lw s11, 48(sp)\n addi sp, sp, 64\n ret\n"
    "2: channel 0\n each requantize, s0, s1, s2, s3\n channel 1\n each requantize, s4, s5, s6, s7\n"
    " channel 2\n each requantize, s8, s9, s10, s11\n channel 3\n each requantize, a4, a5, a6, a7\n"
    " lw t0, 40(a0)\n lw t1, 44(a0)\n"
    " each clamp, s0, s1, s2, s3\n each clamp, s4, s5, s6, s7\n each clamp, s8, s9, s10, s11\n"
    " each clamp, a4, a5, a6, a7\n"
    " j 3b\n"
    "end_function bw_tile_4x4_s8_xcv\n");

__asm__(
    "function bw_tile_4x1_s8_xcv\n"
    " addi sp, sp, -16\n sw ra, 0(sp)\n"
    " tile_begin\n"
    "1: tile_biases a4, a5, a6, a7\n"
    " hardware_loop ra, 9\n"
    " tile_weights\n lw_post t4, a2, 4\n column t4, a4, a5, a6, a7\n"
    " tile_constants\n"
    " lw t0, 48(a0)\n beqz t0, 2f\n"
    " channel 0\n rectify a4\n channel 1\n rectify a5\n channel 2\n rectify a6\n channel 3\n rectify a7\n"
    "3: tile_output\n tile_store a4, a5, a6, a7\n"
    " tile_next 1b\n"
    " lw ra, 0(sp)\n addi sp, sp, 16\n ret\n"
    "2: channel 0\n requantize a4\n channel 1\n requantize a5\n channel 2\n requantize a6\n"
    " channel 3\n requantize a7\n"
    " lw t0, 40(a0)\n lw t1, 44(a0)\n each clamp, a4, a5, a6, a7\n"
    " j 3b\n"
    "end_function bw_tile_4x1_s8_xcv\n");
__asm__(
    "function bw_dot_s8_xcv\n"
    " srli a2, a2, 2\n hardware_loop a2, 3\n lw_post t0, a0, 4\n lw_post t1, a1, 4\n sdotsp_b a3, t0, t1\n"
    " mv a0, a3\n ret\n"
    "end_function bw_dot_s8_xcv\n");
/* clang-format on */

#else

int32_t bw_dot_s8_xcv(const int8_t *a, const int8_t *b, int32_t depth, int32_t acc) {
    for (int32_t k = 0; k < depth; ++k) {
        acc += a[k] * b[k];
    }
    return acc;
}

static void tile(const bw_tile_xcv *t, int32_t columns) {
    for (int32_t c = 0; c < 4 * t->groups; ++c) {
        const int8_t *weights = t->weights + c * t->depth;
        for (int32_t j = 0; j < columns; ++j) {
            const int32_t acc = bw_dot_s8_xcv(weights, t->columns + j * t->depth, t->depth, t->bias[c]);
            const int32_t value = bw_requantize_xcv(acc, t->multiplier[c], t->shift[c], t->zero_point);
            t->output[j * t->step + c] = (int8_t)bw_clamp(value, t->low, t->high);
        }
    }
}

void bw_tile_4x4_s8_xcv(bw_tile_xcv *t) { tile(t, 4); }
void bw_tile_4x1_s8_xcv(bw_tile_xcv *t) { tile(t, 1); }

#endif
