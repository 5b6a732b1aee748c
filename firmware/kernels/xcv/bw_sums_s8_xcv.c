#include "bw_sums_s8_xcv.h"

#include "bw_xcv.h"

#if BW_HAS_XCV

/* clang-format off */
__asm__(
    "function bw_sums_s8_xcv\n"
    " addi sp, sp, -16\n sw s0, 0(sp)\n sw s1, 4(sp)\n"
    " li t3, 1\n li t4, 0x100\n li t5, 0x10000\n li t6, 0x1000000\n"
    " li a6, 0\n li a7, 0\n li s0, 0\n li s1, 0\n"
    "1: mv t1, a0\n"
    " hardware_loop a2, 5\n"
    " lw_stride t0, t1, a4\n sdotsp_b a6, t0, t3\n sdotsp_b a7, t0, t4\n sdotsp_b s0, t0, t5\n sdotsp_b s1, t0, t6\n"
    " add a0, a0, a3\n addi a1, a1, -1\n bnez a1, 1b\n"
    " sw a6, 0(a5)\n sw a7, 4(a5)\n sw s0, 8(a5)\n sw s1, 12(a5)\n"
    " lw s0, 0(sp)\n lw s1, 4(sp)\n addi sp, sp, 16\n ret\n"
    "end_function bw_sums_s8_xcv\n");
/* clang-format on */

#else

void bw_sums_s8_xcv(const int8_t *box, int32_t rows, int32_t columns, int32_t pitch, int32_t step, int32_t sums[4]) {
    for (int32_t c = 0; c < 4; ++c) {
        sums[c] = 0;
        for (int32_t y = 0; y < rows; ++y) {
            for (int32_t x = 0; x < columns; ++x) {
                sums[c] += box[y * pitch + x * step + c];
            }
        }
    }
}

#endif
