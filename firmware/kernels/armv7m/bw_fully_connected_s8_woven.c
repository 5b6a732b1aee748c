/* Two rows of four units at a time. Cost: 13 instructions per tap and eight products. */
#include "bw_fully_connected_s8_woven.h"

#include "bw_fixedpoint.h"
#include "bw_woven_dot_s8.h"

#define UNITS 4
#define HEAD  8
#define SUMS  3 /* of a row */

#if defined(__ARM_ARCH) && __ARM_ARCH >= 7 && defined(__thumb2__)

#define UNUSED __attribute__((unused))

/* clang-format off */

/* Four units: the halfwords of the word at `row`. */
#define ROW(row, t, u, v) \
    "ldrh.w  r11, [" row ", #1] \n" \
    "ldrh.w  r12, [" row ", #2] \n" \
    "ldrh.w  lr, [" row "], #4 \n" \
    "mla     " u ", r11, r10, " u " \n" \
    "mla     " v ", r12, r10, " v " \n" \
    "mla     " t ", lr, r10, " t " \n"

/* 13 instructions of four bytes each: the size is relied on below. */
#define TAP "ldrsb.w r10, [r1], #1 \n" ROW("r0", "r4", "r5", "r6") ROW("r3", "r7", "r8", "r9")

/* acc += the sums of two rows of `depth` taps (at least one), the second one `pitch` bytes after the first. */
__attribute__((naked, noinline)) static void multiply(UNUSED const int32_t *row, UNUSED const int8_t *input,
                                                      UNUSED int32_t depth, UNUSED int32_t pitch,
                                                      UNUSED uint32_t acc[2 * SUMS]) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "ldr     r12, [sp, #36] \n"
        "ldm     r12, {r4-r9} \n"
        "add     r3, r3, r0 \n"
        "rsb     r10, r2, #0 \n"
        "and     r10, r10, #7 \n"
        "add     r2, r2, #7 \n"
        "lsr     r2, r2, #3 \n"
        "mov     r11, #52 \n"
        "mul     r10, r10, r11 \n"
        "adr.w   r11, 1f \n"
        "add     r10, r10, r11 \n"
        "mov     pc, r10 \n"
        ".balign 4 \n"
        "1: \n"
        ".rept   8 \n" TAP ".endr \n"
        "subs    r2, r2, #1 \n"
        "bne.w   1b \n"
        "ldr     r12, [sp, #36] \n"
        "stm     r12, {r4-r9} \n"
        "pop     {r4-r11, pc} \n");
}
/* clang-format on */

#else

/* acc += the sums of two rows of `depth` taps, the second one `pitch` bytes after the first. */
static void multiply(const int32_t *row, const int8_t *input, int32_t depth, int32_t pitch, uint32_t acc[2 * SUMS]) {
    for (int32_t i = 0; i < depth; ++i) {
        const int32_t element = input[i];
        for (int32_t j = 0; j < 2 * SUMS; ++j) {
            const uint32_t word = (uint32_t)row[i + j / SUMS * (pitch / 4)];
            acc[j] += (word >> 8 * (j % SUMS) & 0xFFFFU) * (uint32_t)element;
        }
    }
}

#endif

/* The units' sums of a row. */
static void unchain(const uint32_t acc[SUMS], int32_t sums[UNITS]) {
    sums[0] = (int32_t)((acc[0] - (acc[1] << 8) + (acc[2] << 16)) << 8) >> 8;
    for (int32_t i = 0; i < SUMS; ++i) {
        sums[i + 1] = (int32_t)(acc[i] - (uint32_t)sums[i]) >> 8;
    }
}

static void finish(const int32_t *head, const uint32_t acc[SUMS], int32_t offset, int32_t units, int8_t *output) {
    int32_t sums[UNITS];
    unchain(acc, sums);
    for (int32_t i = 0; i < UNITS && i < units; ++i) {
        output[i] = bw_requantize_woven(sums[i] + (head[2 * i] >> 8), head[2 * i + 1], head[2 * i], offset);
    }
}

static void vector(const bw_fully_connected_s8_woven_params *p, const int8_t *input, int8_t *output) {
    const int32_t pitch = HEAD + p->depth, offset = 2 * p->output_zero_point + 1;
    const int32_t *row = p->rows;
    int32_t sum = 0;
    for (int32_t i = 0; i < p->depth; ++i) {
        sum += input[i];
    }
    const uint32_t excess = (uint32_t)sum * (UINT32_C(0) - 128 * 257);
    for (int32_t left = p->units; left > 0; left -= 2 * UNITS) {
        uint32_t acc[2 * SUMS] = {excess, excess, excess, excess, excess, excess};
        /* Without a second row the first one is multiplied twice. */
        multiply(row + HEAD, input, p->depth, left > UNITS ? 4 * pitch : 0, acc);
        finish(row, acc, offset, left, output);
        if (left > UNITS) {
            finish(row + pitch, acc + SUMS, offset, left - UNITS, output + UNITS);
        }
        row += 2 * pitch;
        output += 2 * UNITS;
    }
}

void bw_fully_connected_s8_woven(const bw_fully_connected_s8_woven_params *p, const int8_t *input, int8_t *output) {
    for (int32_t i = 0; i < p->inputs; ++i) {
        vector(p, input, output);
        if (p->low > INT8_MIN || p->high < INT8_MAX) {
            for (int32_t unit = 0; unit < p->units; ++unit) {
                output[unit] = (int8_t)bw_clamp(output[unit], p->low, p->high);
            }
        }
        input += p->depth;
        output += p->units;
    }
}
