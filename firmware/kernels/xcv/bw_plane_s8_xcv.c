#include "bw_plane_s8_xcv.h"

#include <string.h>

#include "bw_fixedpoint.h"
#include "bw_xcv.h"

#if BW_HAS_XCV

/* Registers: a0 plane; a1 columns; a2 and a3 outputs, a4 and a5 their steps; a6 width, a7 pairs; s0-s2 weights of the
 * upper row of outputs, s3-s5 of the lower; s6 bias, s7 multiplier, s8 offset, or the zero point's share and one; s9
 * shift in its low bits; s10 skip; ra two; t0-t2 columns, t3 and t4 sums, t5 and t6 free. Fields of the plane, by their
 * offset: 0 columns, 4 table, 8 and 12 outputs, 16 width, 20 and 24 steps, 28 skip, 32 pairs, 36 zero point, 40
 * rectified, 44 channels. */

/* clang-format off */
__asm__(
    ".macro plane_begin\n"
    " addi sp, sp, -48\n sw ra, 0(sp)\n sw s0, 4(sp)\n sw s1, 8(sp)\n sw s2, 12(sp)\n sw s3, 16(sp)\n"
    " sw s4, 20(sp)\n sw s5, 24(sp)\n sw s6, 28(sp)\n sw s7, 32(sp)\n sw s8, 36(sp)\n sw s9, 40(sp)\n sw s10, 44(sp)\n"
    " lw a6, 16(a0)\n lw a4, 20(a0)\n lw a5, 24(a0)\n lw s10, 28(a0)\n li ra, 2\n"
    ".endm\n"
    /* The next channel. */
    ".macro plane_channel\n"
    " lw a1, 0(a0)\n lw t0, 4(a0)\n lw a2, 8(a0)\n lw a3, 12(a0)\n lw a7, 32(a0)\n"
    " addi t1, a1, 4\n sw t1, 0(a0)\n addi t1, t0, 20\n sw t1, 4(a0)\n"
    " addi t1, a2, 1\n sw t1, 8(a0)\n addi t1, a3, 1\n sw t1, 12(a0)\n"
    " lw s0, 0(t0)\n lw s1, 4(t0)\n lw s2, 8(t0)\n lw s6, 12(t0)\n lw s7, 16(t0)\n"
    " srli s9, s0, 24\n srli t1, s1, 24\n packlo_b s9, t1, s9\n srai t1, s2, 24\n pack_low s9, t1, s9\n"
    " slli s3, s0, 8\n slli s4, s1, 8\n slli s5, s2, 8\n srli s0, s3, 8\n srli s1, s4, 8\n srli s2, s5, 8\n"
    ".endm\n"
    /* Back to \\again while there are channels. */
    ".macro plane_end again\n"
    " lw t0, 44(a0)\n addi t0, t0, -1\n sw t0, 44(a0)\n bnez t0, \\again\n"
    " lw ra, 0(sp)\n lw s0, 4(sp)\n lw s1, 8(sp)\n lw s2, 12(sp)\n lw s3, 16(sp)\n lw s4, 20(sp)\n lw s5, 24(sp)\n"
    " lw s6, 28(sp)\n lw s7, 32(sp)\n lw s8, 36(sp)\n lw s9, 40(sp)\n lw s10, 44(sp)\n addi sp, sp, 48\n ret\n"
    ".endm\n"
    ".macro plane_sums\n"
    " lw t0, -32(a1)\n lw t1, -16(a1)\n lw_post t2, a1, 16\n mv t3, s6\n mv t4, s6\n"
    " sdotsp_b t3, t0, s0\n sdotsp_b t4, t0, s3\n sdotsp_b t3, t1, s1\n sdotsp_b t4, t1, s4\n"
    " sdotsp_b t3, t2, s2\n sdotsp_b t4, t2, s5\n"
    ".endm\n"
    ".macro plane_rectify acc\n mulhsu \\acc, \\acc, s7\n add_round_shift \\acc, s9, s9\n clip_s8 \\acc, \\acc\n .endm\n"
    ".macro plane_requantize acc\n"
    " srai t5, \\acc, 31\n slli \\acc, \\acc, 2\n mulh \\acc, \\acc, s7\n mac \\acc, t5, ra\n"
    " add_round_shift \\acc, s8, s9\n clip_s8 \\acc, \\acc\n"
    ".endm\n"
    ".macro plane_outputs\n sb_stride t3, a2, a4\n sb_stride t4, a3, a5\n .endm\n"
    ".macro plane_next again\n"
    " addi a1, a1, 32\n add a2, a2, s10\n add a3, a3, s10\n addi a7, a7, -1\n bnez a7, \\again\n"
    ".endm\n"
    "function bw_planes_s8_xcv\n"
    " plane_begin\n lw t0, 40(a0)\n beqz t0, 3f\n"
    "1: plane_channel\n"
    "2: hardware_loop a6, 19\n"
    " plane_sums\n plane_rectify t3\n plane_rectify t4\n plane_outputs\n"
    " plane_next 2b\n"
    " plane_end 1b\n"
    "3: plane_channel\n lw t0, 36(a0)\n sll s8, t0, s9\n addi s8, s8, 1\n"
    "4: hardware_loop a6, 25\n"
    " plane_sums\n plane_requantize t3\n plane_requantize t4\n plane_outputs\n"
    " plane_next 4b\n"
    " plane_end 3b\n"
    "end_function bw_planes_s8_xcv\n"
    /* t0 and t1 the new pixels, then those of channels 0 and 1, and of 2 and 3; t2 a column; t3 to t5 bytes of it. */
    "function bw_plane_columns_xcv\n"
    " li t3, 0x06040302\n li t4, 0x07050302\n li t5, 0x07060302\n"
    " hardware_loop a6, 16\n"
    " lw_stride t0, a2, a4\n lw_stride t1, a3, a5\n pack_low t6, t1, t0\n shuffle2_b t0, t1, t5\n"
    " lw t2, 4(a0)\n shuffle2_b t2, t6, t4\n sw t2, 4(a1)\n"
    " lw t2, 8(a0)\n shuffle2_b t2, t0, t3\n sw t2, 8(a1)\n"
    " lw t2, 12(a0)\n shuffle2_b t2, t0, t4\n sw t2, 12(a1)\n"
    " lw_post t2, a0, 16\n shuffle2_b t2, t6, t3\n sw_post t2, a1, 16\n"
    " ret\n"
    "end_function bw_plane_columns_xcv\n");
/* clang-format on */

#else

static int8_t output_of(const bw_plane_xcv *p, const int8_t *column, const int32_t *table) {
    int32_t acc = table[3], third = 0;
    for (int32_t kx = 0; kx < 3; ++kx) {
        for (int32_t ky = 0; ky < 3; ++ky) {
            acc += column[16 * kx + ky] * (int8_t)(uint8_t)((uint32_t)table[kx] >> 8 * ky);
        }
        third += (table[kx] >> 24) * (1 << 8 * kx);
        third += kx < 2 && table[kx] < 0 ? 1 << 8 * (kx + 1) : 0;
    }
    const int32_t value = p->rectified ? bw_requantize_linear_xcv(acc, table[4], third)
                                       : bw_requantize_xcv(acc, table[4], third, p->zero_point);
    return (int8_t)bw_clamp(value, -128, 127);
}

static void channel(const bw_plane_xcv *p) {
    const int8_t *column = p->columns - 32;
    int8_t *first = p->first, *second = p->second;
    for (int32_t pair = 0; pair < p->pairs; ++pair) {
        for (int32_t x = 0; x < p->width; ++x) {
            *first = output_of(p, column, p->table);
            *second = output_of(p, column + 1, p->table);
            first += p->step;
            second += p->second_step;
            column += 16;
        }
        column += 32;
        first += p->skip;
        second += p->skip;
    }
}

void bw_planes_s8_xcv(bw_plane_xcv *p) {
    for (; p->channels > 0; --p->channels) {
        channel(p);
        p->columns += 4;
        p->table += 5;
        ++p->first;
        ++p->second;
    }
}

void bw_plane_columns_xcv(const int8_t *from, int8_t *to, const int8_t *a, const int8_t *b, int32_t step_a,
                          int32_t step_b, int32_t width) {
    for (int32_t x = 0; x < width; ++x) {
        for (int32_t c = 0; c < 4; ++c, from += 4, to += 4) {
            memmove(to, from + 2, 2);
            to[2] = a[c];
            to[3] = b[c];
        }
        a += step_a;
        b += step_b;
    }
}

#endif
