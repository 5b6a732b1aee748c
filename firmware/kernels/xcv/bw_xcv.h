/* The CORE-V instructions that the kernels use, for three kinds of core.
 *
 * BW_XCV: XCV of the CV32E40P (version 2 of its encodings). BW_XPULPV2: the same operations of RI5CY and GAP8. Neither:
 * portable C, so that every kernel also runs elsewhere, as on the host in the tests. Compilers need not know the
 * instructions: they are given as numbers.
 *
 * Assembly functions find them as macros of the assembler: rd, rs1 and rs2 are registers; the address register of loads
 * and stores moves on by a number (_post) or a register (_stride). A body between hardware_loop and hardware_loop_end
 * has at least three instructions of four bytes and no branches, and is run one or more times.
 */
#ifndef BW_XCV_H
#define BW_XCV_H

#include <stdint.h>

#if defined(BW_XCV) || defined(BW_XPULPV2)
#define BW_HAS_XCV 1
#else
#define BW_HAS_XCV 0
#endif

#if BW_HAS_XCV

/* clang-format off */
__asm__(
    ".macro lw_post rd, address, step\n .insn i 0x0b, 2, \\rd, \\address, \\step\n .endm\n"
    ".macro lb_post rd, address, step\n .insn i 0x0b, 0, \\rd, \\address, \\step\n .endm\n"
    ".macro lbu_post rd, address, step\n .insn i 0x0b, 4, \\rd, \\address, \\step\n .endm\n"
    ".macro sw_post rs2, address, step\n .insn s 0x2b, 2, \\rs2, \\step(\\address)\n .endm\n"
    ".macro sb_post rs2, address, step\n .insn s 0x2b, 0, \\rs2, \\step(\\address)\n .endm\n"
#ifdef BW_XPULPV2
    ".macro lw_stride rd, address, step\n .insn r 0x0b, 7, 0x10, \\rd, \\address, \\step\n .endm\n"
    ".macro lhu_stride rd, address, step\n .insn r 0x0b, 7, 0x28, \\rd, \\address, \\step\n .endm\n"
    ".macro sw_stride rs2, address, step\n .insn r 0x2b, 6, 0, \\step, \\address, \\rs2\n .endm\n"
    ".macro sh_stride rs2, address, step\n .insn r 0x2b, 5, 0, \\step, \\address, \\rs2\n .endm\n"
    ".macro sb_stride rs2, address, step\n .insn r 0x2b, 4, 0, \\step, \\address, \\rs2\n .endm\n"
    ".macro mac rd, rs1, rs2\n .insn r 0x33, 0, 0x21, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro max_s rd, rs1, rs2\n .insn r 0x33, 6, 0x02, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro min_s rd, rs1, rs2\n .insn r 0x33, 4, 0x02, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro clip_s8 rd, rs1\n .insn r 0x33, 1, 0x0a, \\rd, \\rs1, x8\n .endm\n"
    ".macro add_round_shift rd, rs1, rs2\n .insn r 0x5b, 6, 0x20, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro add_shift rd, rs1, rs2\n .insn r 0x5b, 2, 0x20, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro sdotusp_b rd, rs1, rs2\n .insn r 0x57, 1, 0x54, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro sdotsp_b rd, rs1, rs2\n .insn r 0x57, 1, 0x5c, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro sdotsp_h rd, rs1, rs2\n .insn r 0x57, 0, 0x5c, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro shuffle2_b rd, rs1, rs2\n .insn r 0x57, 1, 0x64, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro pack_low rd, rs1, rs2\n .insn r 0x57, 0, 0x68, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro packhi_b rd, rs1, rs2\n .insn r 0x57, 1, 0x6c, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro packlo_b rd, rs1, rs2\n .insn r 0x57, 1, 0x70, \\rd, \\rs1, \\rs2\n .endm\n"
    /* The loop's end is its last instruction, in halfwords. */
    ".macro hardware_loop count, instructions\n .insn i 0x7b, 4, x0, \\count, 2 * \\instructions\n .endm\n"
#else
    ".macro lw_stride rd, address, step\n .insn r 0x2b, 3, 0x02, \\rd, \\address, \\step\n .endm\n"
    ".macro lhu_stride rd, address, step\n .insn r 0x2b, 3, 0x09, \\rd, \\address, \\step\n .endm\n"
    ".macro sw_stride rs2, address, step\n .insn r 0x2b, 3, 0x12, \\step, \\address, \\rs2\n .endm\n"
    ".macro sh_stride rs2, address, step\n .insn r 0x2b, 3, 0x11, \\step, \\address, \\rs2\n .endm\n"
    ".macro sb_stride rs2, address, step\n .insn r 0x2b, 3, 0x10, \\step, \\address, \\rs2\n .endm\n"
    ".macro mac rd, rs1, rs2\n .insn r 0x2b, 3, 0x48, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro max_s rd, rs1, rs2\n .insn r 0x2b, 3, 0x2d, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro min_s rd, rs1, rs2\n .insn r 0x2b, 3, 0x2b, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro clip_s8 rd, rs1\n .insn r 0x2b, 3, 0x38, \\rd, \\rs1, x8\n .endm\n"
    ".macro add_round_shift rd, rs1, rs2\n .insn r 0x2b, 3, 0x42, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro add_shift rd, rs1, rs2\n .insn r 0x2b, 3, 0x40, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro sdotusp_b rd, rs1, rs2\n .insn r 0x7b, 1, 0x50, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro sdotsp_b rd, rs1, rs2\n .insn r 0x7b, 1, 0x54, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro sdotsp_h rd, rs1, rs2\n .insn r 0x7b, 0, 0x54, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro shuffle2_b rd, rs1, rs2\n .insn r 0x7b, 1, 0x70, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro pack_low rd, rs1, rs2\n .insn r 0x7b, 0, 0x78, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro packhi_b rd, rs1, rs2\n .insn r 0x7b, 1, 0x7d, \\rd, \\rs1, \\rs2\n .endm\n"
    ".macro packlo_b rd, rs1, rs2\n .insn r 0x7b, 1, 0x7c, \\rd, \\rs1, \\rs2\n .endm\n"
    /* The loop's end is the address after its body, in words. */
    ".macro hardware_loop count, instructions\n .insn i 0x2b, 4, x14, \\count, \\instructions + 1\n .endm\n"
#endif
    /* Whole functions of four-byte instructions: hardware loops must be aligned, and hold no others. */
    ".macro function name\n .section .text.\\name, \"ax\", @progbits\n .balign 4\n .option push\n .option norvc\n"
    " .globl \\name\n .type \\name, @function\n \\name:\n .endm\n"
    ".macro end_function name\n .size \\name, . - \\name\n .option pop\n .text\n .endm\n");
/* clang-format on */

#endif /* BW_HAS_XCV */

/* The high word of the product, rounded down. */
static inline int32_t bw_mulh(int32_t a, int32_t b) { return (int32_t)(((int64_t)a * b) >> 32); }

/* Policy DOUBLE for |acc| < 2^29, multipliers of 2^30 or more and shift = right shift + 1, with the zero point: the two
 * roundings in units of the high word, to nearest with ties away from zero, in one sum. */
static inline int32_t bw_requantize_xcv(int32_t acc, int32_t multiplier, int32_t shift, int32_t zero_point) {
    const int32_t high = bw_mulh((int32_t)((uint32_t)acc << 2), multiplier) + (acc < 0 ? -1 : 1);
    return ((high + (int32_t)(UINT32_C(1) << (shift - 1))) >> shift) + zero_point;
}

/* One straight line instead: multiplier is read as unsigned; the low five bits of offset are the shift, which the
 * offset takes into account. Every step from one output to the next is where policy DOUBLE has it, which the host
 * proves. */
static inline int32_t bw_requantize_linear_xcv(int32_t acc, int32_t multiplier, int32_t offset) {
    const int32_t high = (int32_t)(((int64_t)acc * (int64_t)(uint32_t)multiplier) >> 32), shift = offset & 31;
    return (high + offset + (int32_t)(UINT32_C(1) << (shift - 1))) >> shift;
}

#endif /* BW_XCV_H */
