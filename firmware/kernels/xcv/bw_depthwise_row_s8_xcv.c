#include "bw_depthwise_row_s8_xcv.h"

#include "bw_fixedpoint.h"
#include "bw_xcv.h"

#if BW_HAS_XCV

/* Registers: a0 row; a1, a2, a3 input rows; a4 step; a5 output; s0-s2 weights of A, s3-s5 of B; s6 and s8 sums of the
 * next output of A and B, s7 and s9 of the one after it; a6 and a7 multipliers, s10 and s11 shifts, t5 and t6 the zero
 * point's shares; t3 and t4 how bytes are shuffled; t0-t2 free; ra padding, or 2. On the stack: 52 and 56 biases.
 * Fields of the row, by their offset: 0, 4, 8 rows, 12 output, 16 table, 20 pairs, 24 step, 28 zero point, 32 padding,
 * 36 left, 40 inner, 44 right, 48 and 52 back, 56 rectified. */

/* clang-format off */
__asm__(
    ".macro row_begin\n"
    " addi sp, sp, -64\n sw ra, 0(sp)\n sw s0, 4(sp)\n sw s1, 8(sp)\n sw s2, 12(sp)\n sw s3, 16(sp)\n"
    " sw s4, 20(sp)\n sw s5, 24(sp)\n sw s6, 28(sp)\n sw s7, 32(sp)\n sw s8, 36(sp)\n sw s9, 40(sp)\n"
    " sw s10, 44(sp)\n sw s11, 48(sp)\n"
    " lw a1, 0(a0)\n lw a2, 4(a0)\n lw a3, 8(a0)\n lw a5, 12(a0)\n lw a4, 24(a0)\n"
    " li t3, 0x06040200\n li t4, 0x06050301\n"
    ".endm\n"
    ".macro row_end\n"
    " lw ra, 0(sp)\n lw s0, 4(sp)\n lw s1, 8(sp)\n lw s2, 12(sp)\n lw s3, 16(sp)\n lw s4, 20(sp)\n"
    " lw s5, 24(sp)\n lw s6, 28(sp)\n lw s7, 32(sp)\n lw s8, 36(sp)\n lw s9, 40(sp)\n lw s10, 44(sp)\n"
    " lw s11, 48(sp)\n addi sp, sp, 64\n ret\n"
    ".endm\n"
    /* The constants of two channels. */
    ".macro row_pair\n"
    " lw t0, 16(a0)\n lw_post s0, t0, 4\n lw_post s1, t0, 4\n lw_post s2, t0, 4\n lw_post s3, t0, 4\n"
    " lw_post s4, t0, 4\n lw_post s6, t0, 4\n lw_post s8, t0, 4\n lw_post a6, t0, 4\n lw_post a7, t0, 4\n"
    " sw t0, 16(a0)\n sw s6, 52(sp)\n sw s8, 56(sp)\n"
    " srli s5, s0, 24\n srli t1, s1, 24\n packlo_b s5, t1, s5\n srli t1, s2, 24\n pack_low s5, t1, s5\n"
    " srai s10, s3, 24\n srai s11, s4, 24\n"
    " lw t0, 28(a0)\n sll t5, t0, s10\n addi t5, t5, 1\n sll t6, t0, s11\n addi t6, t6, 1\n"
    ".endm\n"
    /* To the next two channels, or on. */
    ".macro row_next again\n"
    " lw t0, 48(a0)\n lw t1, 52(a0)\n add a1, a1, t0\n add a2, a2, t0\n add a3, a3, t0\n add a5, a5, t1\n"
    " lw t0, 20(a0)\n addi t0, t0, -1\n sw t0, 20(a0)\n bnez t0, \\again\n"
    ".endm\n"
    /* The next column: A's three bytes and a zero to t1, B's to t0. */
    ".macro row_column\n"
    " lhu_stride t0, a1, a4\n lhu_stride t1, a2, a4\n lhu_stride t2, a3, a4\n"
    " pack_low t0, t1, t0\n mv t1, t0\n shuffle2_b t1, t2, t3\n shuffle2_b t0, t2, t4\n"
    ".endm\n"
    ".macro row_requantize acc, multiplier, share, shift, rectified\n"
    ".if \\rectified\n"
    " slli \\acc, \\acc, 2\n mulh \\acc, \\acc, \\multiplier\n"
    ".else\n"
    " srai t2, \\acc, 31\n slli \\acc, \\acc, 2\n mulh \\acc, \\acc, \\multiplier\n mac \\acc, t2, ra\n"
    ".endif\n"
    " add_round_shift \\acc, \\share, \\shift\n clip_s8 \\acc, \\acc\n"
    ".endm\n"
    ".macro row_output rectified\n"
    " row_requantize s6, a6, t5, s10, \\rectified\n row_requantize s8, a7, t6, s11, \\rectified\n"
    " packlo_b s6, s8, s6\n sh_stride s6, a5, a4\n"
    ".endm\n"
    /* The first output's first column. */
    ".macro row_left\n"
    " lw t0, 36(a0)\n beqz t0, 8f\n"
    " lw ra, 32(a0)\n sdotsp_b s6, ra, s0\n sdotsp_b s8, ra, s3\n j 9f\n"
    "8: row_column\n sdotsp_b s6, t1, s0\n sdotsp_b s8, t0, s3\n"
    "9:\n"
    ".endm\n"
    /* The last output's last column, if it is padding. */
    ".macro row_right\n"
    " lw ra, 32(a0)\n sdotsp_b s6, ra, s2\n sdotsp_b s8, ra, s5\n"
    " lw t0, 56(a0)\n beqz t0, 8f\n row_output 1\n j 9f\n"
    "8: li ra, 2\n row_output 0\n"
    "9:\n"
    ".endm\n");

__asm__(
    /* A column ends one output, continues the next and begins the one after it. */
    ".macro row_body_1 rectified\n"
    " row_column\n sdotsp_b s6, t1, s2\n sdotsp_b s8, t0, s5\n"
    " row_output \\rectified\n"
    " mv s6, s7\n sdotsp_b s6, t1, s1\n lw s7, 52(sp)\n sdotsp_b s7, t1, s0\n"
    " mv s8, s9\n sdotsp_b s8, t0, s4\n lw s9, 56(sp)\n sdotsp_b s9, t0, s3\n"
    ".endm\n"
    "function bw_depthwise_row_1_s8_xcv\n"
    " row_begin\n"
    "1: row_pair\n row_left\n"
    " row_column\n sdotsp_b s6, t1, s1\n sdotsp_b s8, t0, s4\n"
    " lw s7, 52(sp)\n sdotsp_b s7, t1, s0\n lw s9, 56(sp)\n sdotsp_b s9, t0, s3\n"
    " lw t0, 40(a0)\n beqz t0, 4f\n lw t1, 56(a0)\n beqz t1, 3f\n"
    " hardware_loop t0, 27\n row_body_1 1\n"
    " j 4f\n"
    "3: li ra, 2\n hardware_loop t0, 31\n row_body_1 0\n"
    "4: lw t0, 44(a0)\n beqz t0, 5f\n row_right\n"
    "5: row_next 1b\n"
    " row_end\n"
    "end_function bw_depthwise_row_1_s8_xcv\n");

__asm__(
    /* Two columns end one output; the second begins the next. */
    ".macro row_body_2 rectified\n"
    " row_column\n sdotsp_b s6, t1, s1\n sdotsp_b s8, t0, s4\n"
    " row_column\n sdotsp_b s6, t1, s2\n sdotsp_b s8, t0, s5\n"
    " row_output \\rectified\n"
    " lw s6, 52(sp)\n sdotsp_b s6, t1, s0\n lw s8, 56(sp)\n sdotsp_b s8, t0, s3\n"
    ".endm\n"
    "function bw_depthwise_row_2_s8_xcv\n"
    " row_begin\n"
    "1: row_pair\n row_left\n"
    " lw t0, 40(a0)\n beqz t0, 4f\n lw t1, 56(a0)\n beqz t1, 3f\n"
    " hardware_loop t0, 32\n row_body_2 1\n"
    " j 4f\n"
    "3: li ra, 2\n hardware_loop t0, 36\n row_body_2 0\n"
    "4: lw t0, 44(a0)\n beqz t0, 5f\n"
    " row_column\n sdotsp_b s6, t1, s1\n sdotsp_b s8, t0, s4\n row_right\n"
    "5: row_next 1b\n"
    " row_end\n"
    "end_function bw_depthwise_row_2_s8_xcv\n");
/* clang-format on */

#else

/* Weight of a channel of the pair (0 or 1) as the table holds it. */
static int8_t weight(const int32_t *table, int32_t channel, int32_t kx, int32_t ky) {
    const int32_t last = channel == 1 && kx == 2;
    const uint32_t word = (uint32_t)table[last ? ky : 3 * channel + kx];
    return (int8_t)(uint8_t)(word >> (last ? 24 : 8 * ky));
}

static int8_t output_of(const bw_depthwise_row_xcv *r, const int32_t *table, int32_t channel, int32_t from,
                        int32_t columns) {
    int32_t acc = table[5 + channel];
    for (int32_t kx = 0; kx < 3; ++kx) {
        const int32_t x = from + kx;
        for (int32_t ky = 0; ky < 3; ++ky) {
            const int8_t padding = (int8_t)(uint8_t)r->padding;
            const int8_t value = x < 0 || x >= columns ? padding : r->rows[ky][x * r->step + channel];
            acc += value * weight(table, channel, kx, ky);
        }
    }
    const int32_t shift = (int32_t)((uint32_t)table[3 + channel] >> 24);
    return (int8_t)bw_clamp(bw_requantize_xcv(acc, table[7 + channel], shift, r->zero_point), -128, 127);
}

static void row(bw_depthwise_row_xcv *r, int32_t stride) {
    const int32_t outputs = r->inner + r->right, columns = (outputs - 1) * stride + 3 - r->left - r->right;
    for (; r->pairs > 0; --r->pairs) {
        for (int32_t x = 0; x < outputs; ++x) {
            for (int32_t channel = 0; channel < 2; ++channel) {
                r->output[x * r->step + channel] = output_of(r, r->table, channel, x * stride - r->left, columns);
            }
        }
        r->table += 9;
        r->output += 2;
        for (int32_t ky = 0; ky < 3; ++ky) {
            r->rows[ky] += 2;
        }
    }
}

void bw_depthwise_row_1_s8_xcv(bw_depthwise_row_xcv *r) { row(r, 1); }
void bw_depthwise_row_2_s8_xcv(bw_depthwise_row_xcv *r) { row(r, 2); }

#endif
