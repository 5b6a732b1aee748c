#include "bw_winograd_s8.h"

#include "bw_dsp.h"

#ifdef __ARM_FEATURE_DSP

#define UNUSED __attribute__((unused))

/* The functions take every register but the stack pointer, which no compiler grants: they are assembly as a whole,
 * their arguments in r0 to r3 (AAPCS). */

/* clang-format off */

/* r3-r10 are four pairs of words, even and odd channels: d0 to d3 become x0 in r3-r4, x1 in r11-r12, x2 in r7-r8, x3 in
 * r9-r10. */
#define TRANSFORM \
    "ssub16  r3, r3, r7 \n" \
    "ssub16  r4, r4, r8 \n" \
    "ssub16  r9, r5, r9 \n" \
    "ssub16  r10, r6, r10 \n" \
    "sadd16  r11, r5, r7 \n" \
    "sadd16  r12, r6, r8 \n" \
    "ssub16  r7, r7, r5 \n" \
    "ssub16  r8, r8, r6 \n"

/* One row of a tile's columns. */
#define ROW(row) \
    "ldrd    r3, r4, [r0, #" #row "] \n" \
    "ldrd    r5, r6, [r0, #" #row "+32] \n" \
    "ldrd    r7, r8, [r0, #" #row "+64] \n" \
    "ldrd    r9, r10, [r0, #" #row "+96] \n" \
    TRANSFORM

/* Transformed inputs of a position: so many strides after the last one. */
#define STORE(move, even, odd) \
    move \
    "str     " even ", [r1] \n" \
    "str     " odd ", [r1, #16] \n"
#define X0(move) STORE(move, "r3", "r4")
#define X1(move) STORE(move, "r11", "r12")
#define X2(move) STORE(move, "r7", "r8")
#define X3(move) STORE(move, "r9", "r10")
#define UP(shift)   "add     r1, r1, r2, lsl #" #shift " \n"
#define DOWN(shift) "sub     r1, r1, r2, lsl #" #shift " \n"

/* Frame: 0 pixels, 4 columns, 8 channel, 12 end of pixels, 16 inputs, 20 where tiles start, 24 quads, 28 stride. */
__attribute__((naked, noinline)) void bw_winograd_inputs_s8(UNUSED const bw_winograd_patches *patches,
                                                            UNUSED uint32_t *columns, UNUSED uint32_t *inputs) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "sub     sp, sp, #36 \n"
        "ldm     r0!, {r3-r6} \n" /* pixels, columns, quads, stride */
        "add     r4, r3, r4, lsl #4 \n"
        "mov     r7, #0 \n"
        "strd    r3, r1, [sp] \n"
        "strd    r7, r4, [sp, #8] \n"
        "strd    r2, r0, [sp, #16] \n"
        "strd    r5, r6, [sp, #24] \n"

        "1: \n" /* four channels */
        "ldm     sp, {r0-r2, lr} \n"
        "2: \n" /* a column: rows in the order 0 2 3 1 */
        "ldm     r0!, {r3, r5, r7, r9} \n"
        "ldr     r3, [r3, r2] \n"
        "ldr     r5, [r5, r2] \n"
        "ldr     r7, [r7, r2] \n"
        "ldr     r9, [r9, r2] \n"
        "sxtb16  r4, r3, ror #8 \n"
        "sxtb16  r3, r3 \n"
        "sxtb16  r6, r5, ror #8 \n"
        "sxtb16  r5, r5 \n"
        "sxtb16  r8, r7, ror #8 \n"
        "sxtb16  r7, r7 \n"
        "sxtb16  r10, r9, ror #8 \n"
        "sxtb16  r9, r9 \n"
        TRANSFORM
        "stm     r1!, {r3, r4, r7-r12} \n"
        "cmp     r0, lr \n"
        "bne     2b \n"

        "ldr     r2, [sp, #28] \n"
        "mov     lr, #0 \n"
        "3: \n" /* a tile: positions 0 4 3 11, 15 14 12 13, 5 1 2 10, 6 7 8 9 */
        "ldrd    r1, r3, [sp, #16] \n"
        "ldr     r0, [r3, lr] \n"
        "add     r1, r1, lr \n"
        ROW(24) X1("") X0(UP(2)) X2(DOWN(0)) X3(UP(3))
        ROW(0) X0(UP(2)) X1(DOWN(0)) X3(DOWN(1)) X2(UP(0))
        ROW(8) X0(DOWN(3)) X1(DOWN(2)) X2(UP(0)) X3(UP(3))
        ROW(16) X0(DOWN(2)) X1(UP(0)) X2(UP(0)) X3(UP(0))
        "add     lr, lr, #4 \n"
        "cmp     lr, #16 \n"
        "bne     3b \n"

        "ldrd    r1, r3, [sp, #16] \n"
        "ldr     r0, [sp, #8] \n"
        "ldr     r4, [sp, #24] \n"
        "add     r1, r1, #32 \n"
        "add     r0, r0, #4 \n"
        "str     r1, [sp, #16] \n"
        "str     r0, [sp, #8] \n"
        "subs    r4, r4, #1 \n"
        "str     r4, [sp, #24] \n"
        "bne     1b \n"
        "add     sp, sp, #36 \n"
        "pop     {r4-r11, pc} \n");
}

/* A pair of channels of four tiles (r4 to r7: the first output channel's sums, r8 to r11: the second one's): 11
 * instructions of four bytes each, the size is relied on below. */
#define STEP \
    "ldrd    r2, r3, [r0], #8 \n" \
    "ldrd    r12, lr, [r1], #8 \n" \
    "smlad   r4, r2, r12, r4 \n" \
    "smlad   r5, r2, lr, r5 \n" \
    "smlad   r8, r3, r12, r8 \n" \
    "smlad   r9, r3, lr, r9 \n" \
    "ldrd    r12, lr, [r1], #8 \n" \
    "smlad   r6, r2, r12, r6 \n" \
    "smlad   r7, r2, lr, r7 \n" \
    "smlad   r10, r3, r12, r10 \n" \
    "smlad   r11, r3, lr, r11 \n"

/* Frame: 0 sums, 4 end of sums, 8 where a block enters the code. */
__attribute__((naked, noinline)) void bw_winograd_sums_s8(UNUSED const int32_t *head, UNUSED const uint32_t *inputs,
                                                          UNUSED int32_t *sums, UNUSED const bw_winograd_shape *shape) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "sub     sp, sp, #12 \n"
        "ldrd    r4, r5, [r3] \n"
        "rsb     r4, r4, #32 \n"
        "mov     r6, #44 \n"
        "mul     r4, r4, r6 \n"
        "adr     r6, 2f \n"
        "add     r6, r6, r4 \n"
        "orr     r6, r6, #1 \n"
        "add     r5, r2, r5, lsl #5 \n"
        "strd    r2, r5, [sp] \n"
        "str     r6, [sp, #8] \n"
        "ldrd    r4, r8, [r0], #24 \n"
        "mov     r5, r4 \n"
        "mov     r6, r4 \n"
        "mov     r7, r4 \n"
        "mov     r9, r8 \n"
        "mov     r10, r8 \n"
        "mov     r11, r8 \n"
        "1: \n" /* a block */
        "ldr     pc, [sp, #8] \n"
        ".balign 4 \n"
        "2: \n"
        ".rept   32 \n" STEP ".endr \n"
        "ldrd    r2, r3, [sp] \n"
        "stm     r2!, {r4-r11} \n"
        "str     r2, [sp] \n"
        "cmp     r2, r3 \n"
        "bne     1b \n"
        "add     sp, sp, #12 \n"
        "pop     {r4-r11, pc} \n");
}
/* clang-format on */

#else

/* Where the position of each row and column is in the spiral. */
static const uint8_t spiral[4][4] = {{15, 14, 13, 12}, {4, 0, 3, 11}, {5, 1, 2, 10}, {6, 7, 8, 9}};

/* Sums and differences of two halfwords each. */
static uint32_t plus(uint32_t a, uint32_t b) { return ((a + b) & 0xFFFFU) | ((a & 0xFFFF0000U) + (b & 0xFFFF0000U)); }
static uint32_t minus(uint32_t a, uint32_t b) { return ((a - b) & 0xFFFFU) | ((a & 0xFFFF0000U) - (b & 0xFFFF0000U)); }

/* B' times four values, `step` words apart. */
static void transform(const uint32_t *d, int32_t step, uint32_t x[4]) {
    x[0] = minus(d[0], d[2 * step]);
    x[1] = plus(d[step], d[2 * step]);
    x[2] = minus(d[2 * step], d[step]);
    x[3] = minus(d[step], d[3 * step]);
}

/* One column of four channels: rows of even and odd channels. */
static void column_of(const int8_t *const *pixels, int32_t channel, uint32_t *column) {
    uint32_t d[BW_COLUMN], x[4];
    for (int32_t row = 0; row < 4; ++row) {
        const uint32_t word = bw_load32(pixels[row] + channel);
        d[2 * row] = bw_sxtb16(word);
        d[2 * row + 1] = bw_sxtb16_ror8(word);
    }
    for (int32_t odd = 0; odd < 2; ++odd) {
        transform(d + odd, 2, x);
        for (int32_t row = 0; row < 4; ++row) {
            column[2 * row + odd] = x[row];
        }
    }
}

void bw_winograd_inputs_s8(const bw_winograd_patches *patches, uint32_t *columns, uint32_t *inputs) {
    const int32_t stride = patches->stride / 4;
    for (int32_t quad = 0; quad < patches->quads; ++quad) {
        for (int32_t i = 0; i < patches->columns; ++i) {
            column_of(patches->pixels + 4 * i, 4 * quad, columns + BW_COLUMN * i);
        }
        for (int32_t tile = 0; tile < BW_TILES; ++tile) {
            for (int32_t i = 0; i < BW_COLUMN; ++i) {
                uint32_t x[4];
                transform(patches->first[tile] + i, BW_COLUMN, x);
                for (int32_t j = 0; j < 4; ++j) {
                    inputs[spiral[i / 2][j] * stride + (2 * quad + i % 2) * BW_TILES + tile] = x[j];
                }
            }
        }
    }
}

void bw_winograd_sums_s8(const int32_t *head, const uint32_t *inputs, int32_t *sums, const bw_winograd_shape *shape) {
    const int32_t *words = head + BW_WINOGRAD_HEAD;
    for (int32_t channel = 0; channel < 2; ++channel) {
        for (int32_t tile = 0; tile < BW_TILES; ++tile) {
            int32_t sum = head[channel];
            for (int32_t block = 0; block < shape->blocks; ++block) {
                for (int32_t i = block * shape->steps; i < (block + 1) * shape->steps; ++i) {
                    sum = bw_smlad((uint32_t)words[2 * i + channel], inputs[BW_TILES * i + tile], sum);
                }
                sums[2 * BW_TILES * block + BW_TILES * channel + tile] = sum;
            }
        }
    }
}

#endif
