#include "bw_depthwise_line_s8_xcv.h"

#include "bw_fixedpoint.h"
#include "bw_xcv.h"

#if BW_HAS_XCV

/* Registers: a0 line; a1 columns of the next output; a2 output, a3 its step; a4 dilation, a5 taps, a6 outputs, a7 rows;
 * s0 bias, s1 multiplier, s2 third word, s3 the zero point's share and one, s4 weights, s5 pitch, s6 stride, s7 whether
 * a row is alone; ra two; t3
 * sum, t4 next weights, t5 next row of columns, t6 next column, t2 rows to come; t0 and t1 free. Fields of the line, by
 * their offset: 0 columns, 4 weights, 8 output, 12 outputs, 16 output step, 20 stride, 24 dilation, 28 taps, 32 rows,
 * 36 pitch, 40 next, 44 zero point, 48 rectified, 52 channels, 56 constants, 60 alone. */

/* clang-format off */
__asm__(
    ".macro line_channel\n"
    " lw a1, 0(a0)\n lw t0, 4(a0)\n lw a2, 8(a0)\n lw a6, 12(a0)\n lw t2, 40(a0)\n"
    " addi t1, a1, 4\n sw t1, 0(a0)\n add t1, t0, t2\n sw t1, 4(a0)\n addi t1, a2, 1\n sw t1, 8(a0)\n"
    " mv s4, t0\n lw t0, 56(a0)\n lw_post s0, t0, 4\n lw_post s1, t0, 4\n lw_post s2, t0, 4\n sw t0, 56(a0)\n"
    ".endm\n"
    ".macro line_sum\n"
    " mv t3, s0\n mv t4, s4\n mv t5, a1\n mv t2, a7\n beqz t2, 7f\n"
    "8: mv t6, t5\n hardware_loop a5, 3\n lw_post t1, t4, 4\n lw_stride t0, t6, a4\n sdotsp_b t3, t0, t1\n"
    " add t5, t5, s5\n addi t2, t2, -1\n bnez t2, 8b\n"
    " beqz s7, 9f\n"
    "7: mv t6, t5\n hardware_loop a5, 3\n lbu_post t1, t4, 1\n lw_stride t0, t6, a4\n sdotsp_b t3, t0, t1\n"
    "9:\n"
    ".endm\n"
    ".macro line_output again\n"
    " clip_s8 t3, t3\n sb_stride t3, a2, a3\n add a1, a1, s6\n addi a6, a6, -1\n bnez a6, \\again\n"
    ".endm\n"
    ".macro line_next again\n"
    " lw t0, 52(a0)\n addi t0, t0, -1\n sw t0, 52(a0)\n bnez t0, \\again\n"
    " lw ra, 0(sp)\n lw s0, 4(sp)\n lw s1, 8(sp)\n lw s2, 12(sp)\n lw s3, 16(sp)\n lw s4, 20(sp)\n"
    " lw s5, 24(sp)\n lw s6, 28(sp)\n lw s7, 32(sp)\n addi sp, sp, 48\n ret\n"
    ".endm\n"
    "function bw_depthwise_line_s8_xcv\n"
    " addi sp, sp, -48\n sw ra, 0(sp)\n sw s0, 4(sp)\n sw s1, 8(sp)\n sw s2, 12(sp)\n sw s3, 16(sp)\n"
    " sw s4, 20(sp)\n sw s5, 24(sp)\n sw s6, 28(sp)\n sw s7, 32(sp)\n lw s7, 60(a0)\n"
    " lw a3, 16(a0)\n lw s6, 20(a0)\n lw a4, 24(a0)\n lw a5, 28(a0)\n lw a7, 32(a0)\n lw s5, 36(a0)\n li ra, 2\n"
    " lw t0, 48(a0)\n beqz t0, 3f\n"
    "1: line_channel\n"
    "2: line_sum\n mulhsu t3, t3, s1\n add_round_shift t3, s2, s2\n line_output 2b\n"
    " line_next 1b\n"
    "3: line_channel\n lw t0, 44(a0)\n sll s3, t0, s2\n addi s3, s3, 1\n"
    "4: line_sum\n srai t0, t3, 31\n slli t3, t3, 2\n mulh t3, t3, s1\n mac t3, t0, ra\n"
    " add_round_shift t3, s3, s2\n line_output 4b\n"
    " line_next 3b\n"
    "end_function bw_depthwise_line_s8_xcv\n"
    /* s0 to s3 pixels of the four rows, whose bytes then become those of four channels. */
    "function bw_columns_of_four_xcv\n"
    " addi sp, sp, -16\n sw s0, 0(sp)\n sw s1, 4(sp)\n sw s2, 8(sp)\n sw s3, 12(sp)\n mv t6, a2\n"
    " lw a3, 0(a1)\n lw a4, 4(a1)\n lw a5, 8(a1)\n lw a6, 12(a1)\n"
    " lw a7, 16(a1)\n lw t0, 20(a1)\n lw t1, 24(a1)\n lw t2, 28(a1)\n"
    " li t3, 0x07060302\n li t4, 0x06040200\n li t5, 0x07050301\n"
    " hardware_loop t6, 18\n"
    " lw_stride s0, a3, a7\n lw_stride s1, a4, t0\n lw_stride s2, a5, t1\n lw_stride s3, a6, t2\n"
    " pack_low a1, s1, s0\n pack_low a2, s3, s2\n shuffle2_b s0, s1, t3\n shuffle2_b s2, s3, t3\n"
    " mv t6, a1\n shuffle2_b t6, a2, t4\n shuffle2_b a1, a2, t5\n"
    " mv s1, s0\n shuffle2_b s1, s2, t4\n shuffle2_b s0, s2, t5\n"
    " sw_post t6, a0, 4\n sw_post a1, a0, 4\n sw_post s1, a0, 4\n sw_post s0, a0, 4\n"
    " lw s0, 0(sp)\n lw s1, 4(sp)\n lw s2, 8(sp)\n lw s3, 12(sp)\n addi sp, sp, 16\n ret\n"
    "end_function bw_columns_of_four_xcv\n");
/* clang-format on */

#else

/* A column's part of a sum. */
static int32_t products(const int8_t *column, const int8_t *weights, int32_t rows) {
    int32_t sum = 0;
    for (int32_t i = 0; i < rows; ++i) {
        sum += column[i] * weights[i];
    }
    return sum;
}

static int8_t output_of(const bw_depthwise_line_xcv *l, int32_t x) {
    int32_t acc = l->constants[0];
    const int8_t *weights = l->weights, *row = l->columns + x * l->stride;
    for (int32_t i = 0; i < l->rows + l->alone; ++i, row += l->pitch) {
        const int32_t bytes = i < l->rows ? 4 : 1;
        for (int32_t tap = 0; tap < l->taps; ++tap, weights += bytes) {
            acc += products(row + tap * l->dilation, weights, bytes);
        }
    }
    const int32_t value = l->rectified ? bw_requantize_linear_xcv(acc, l->constants[1], l->constants[2])
                                       : bw_requantize_xcv(acc, l->constants[1], l->constants[2], l->zero_point);
    return (int8_t)bw_clamp(value, -128, 127);
}

void bw_depthwise_line_s8_xcv(bw_depthwise_line_xcv *l) {
    for (; l->channels > 0; --l->channels) {
        for (int32_t x = 0; x < l->outputs; ++x) {
            l->output[x * l->output_step] = output_of(l, x);
        }
        l->columns += 4;
        l->weights += l->next;
        l->constants += 3;
        ++l->output;
    }
}

void bw_columns_of_four_xcv(int8_t *to, const bw_four_rows_xcv *rows, int32_t width) {
    for (int32_t x = 0; x < width; ++x) {
        for (int32_t c = 0; c < 4; ++c) {
            for (int32_t i = 0; i < 4; ++i) {
                *to++ = rows->at[i][x * rows->step[i] + c];
            }
        }
    }
}

#endif
