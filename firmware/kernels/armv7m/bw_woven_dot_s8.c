/* Four channels at a time times three columns.
 *
 * Rows: per four channels (the last ones filled with zeros) eight words, bias << 8 | right shift - 1 and multiplier of
 * each, and then a word per tap with their weights, the first channel's in its lowest byte. Columns: the two words of a
 * tap after each other. Cost: 13 instructions per tap and twelve products, 14 per output.
 */
#include "bw_woven_dot_s8.h"

#define CHANNELS 4
#define HEAD     8

#if defined(__ARM_ARCH) && __ARM_ARCH >= 7 && defined(__thumb2__)

#define UNUSED __attribute__((unused))

/* clang-format off */

/* The weight of one channel. */
#define CHANNEL(first, second) \
    "ldrsb.w r12, [r0], #1 \n" \
    "mla     " first ", r12, r2, " first " \n" \
    "mla     " second ", r12, r3, " second " \n"

#define ZEROS \
    "mov     r4, #0 \n" \
    "mov     r5, #0 \n" \
    "mov     r6, #0 \n" \
    "mov     r7, #0 \n" \
    "mov     r8, #0 \n" \
    "mov     r9, #0 \n" \
    "mov     r10, #0 \n" \
    "mov     r11, #0 \n"

/* 13 instructions of four bytes each: the size is relied on below. */
#define TAP \
    "ldmia.w r1!, {r2, r3} \n" \
    CHANNEL("r4", "r5") CHANNEL("r6", "r7") CHANNEL("r8", "r9") CHANNEL("r10", "r11")

/* The dot products of `taps` taps (at least one): two words per channel. */
__attribute__((naked, noinline)) static void multiply(UNUSED const int32_t *weights, UNUSED const uint32_t *columns,
                                                      UNUSED int32_t taps, UNUSED int32_t acc[2 * CHANNELS]) {
    __asm__ volatile(
        "push    {r3-r11, lr} \n"
        ZEROS
        "add     lr, r2, #7 \n"
        "lsr     lr, lr, #3 \n"
        "rsb     r2, r2, #0 \n"
        "and     r2, r2, #7 \n"
        "mov     r3, #52 \n"
        "mul     r2, r2, r3 \n"
        "adr.w   r3, 1f \n"
        "add     r2, r2, r3 \n"
        "mov     pc, r2 \n"
        ".balign 4 \n"
        "1: \n"
        ".rept   8 \n" TAP ".endr \n"
        "subs    lr, lr, #1 \n"
        "bne     1b \n"
        "ldr.w   r3, [sp], #4 \n"
        "stm     r3, {r4-r11} \n"
        "pop     {r4-r11, pc} \n");
}
/* Rounding DOUBLE of a doubled accumulator and the store: r2 multiplier, r0 offset << 8 | shift. */
#define FINISH(acc, place) \
    "smull   lr, " acc ", " acc ", r2 \n" \
    "lsls    lr, lr, #1 \n" \
    "adc     " acc ", " acc ", #0 \n" \
    "add     " acc ", " acc ", " acc ", asr #31 \n" \
    "asr     " acc ", " acc ", r0 \n" \
    "add     " acc ", " acc ", r0, asr #8 \n" \
    "ssat    " acc ", #8, " acc ", asr #1 \n" \
    "strb    " acc ", " place " \n"

/* The three outputs of a channel: bw_unweave with doubled results, the doubled bias (the head's upper bits) added. */
#define OUTPUTS(first, second, head, multiplier) \
    "ldr     r2, [sp, #" head "] \n" \
    "bfi     r0, r2, #0, #8 \n" \
    "asr     r2, r2, #7 \n" \
    "sub     r12, " first ", " second ", lsl #11 \n" \
    "lsl     r12, r12, #10 \n" \
    "sub     " first ", " first ", r12, asr #10 \n" \
    "sub     " second ", " second ", " first ", asr #11 \n" \
    "add     r12, r2, r12, asr #9 \n" \
    "add     " first ", r2, " first ", asr #10 \n" \
    "add     " second ", r2, " second ", asr #10 \n" \
    "ldr     r2, [sp, #" multiplier "] \n" \
    FINISH(second, "[r1, r3, lsl #1]") FINISH(first, "[r1, r3]") FINISH("r12", "[r1], #1")

/* Where the columns are, how many rounds of eight taps there are, and so on: the asm's frame from 32 on. */
typedef struct {
    const uint32_t *columns;
    int32_t rounds;
    int32_t skipped; /* bytes of code that the first round leaves out */
    int8_t *output;
    int32_t step;
    int32_t offset; /* << 8 */
    int8_t *end;    /* of the first column's outputs */
} turn;

/* Whole rows of one part: three columns, or one where step is 0.
 * Frame: 0 heads, 32 the turn, 60 the next row. */
__attribute__((naked, noinline)) static void whole_rows(UNUSED const int32_t *rows, UNUSED const turn *of) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "sub     sp, sp, #64 \n"
        "ldm     r1, {r2-r8} \n"
        "adr.w   r9, 2f \n"
        "add     r4, r4, r9 \n"
        "orr     r4, r4, #1 \n"
        "add     r9, sp, #32 \n"
        "stm     r9, {r2-r8} \n"
        "1: \n"
        "ldm     r0!, {r4-r11} \n"
        "stm     sp, {r4-r11} \n"
        ZEROS
        "ldrd    r1, lr, [sp, #32] \n"
        "ldr     pc, [sp, #40] \n"
        ".balign 4 \n"
        "2: \n"
        ".rept   8 \n" TAP ".endr \n"
        "subs    lr, lr, #1 \n"
        "bne     2b \n"
        "str     r0, [sp, #60] \n"
        "ldrd    r1, r3, [sp, #44] \n"
        "ldr     r0, [sp, #52] \n"
        OUTPUTS("r4", "r5", "0", "4") OUTPUTS("r6", "r7", "8", "12")
        OUTPUTS("r8", "r9", "16", "20") OUTPUTS("r10", "r11", "24", "28")
        "str     r1, [sp, #44] \n"
        "ldrd    r2, r0, [sp, #56] \n"
        "cmp     r1, r2 \n"
        "bne     1b \n"
        "add     sp, sp, #64 \n"
        "pop     {r4-r11, pc} \n");
}

/* Whether rows and columns are as whole_rows takes them; it has done the work then. */
static int by_whole_rows(const int32_t *rows, const uint32_t *columns, int8_t *output, const bw_woven_s8_shape *shape) {
    if (shape->part < shape->depth || shape->channels % CHANNELS != 0 || shape->count == 2) {
        return 0;
    }
    const turn of = {columns,
                     (shape->depth + 7) / 8,
                     (-shape->depth & 7) * 52,
                     output,
                     shape->count == 1 ? 0 : shape->channels,
                     shape->offset * 256,
                     output + shape->channels};
    whole_rows(rows, &of);
    return 1;
}
/* clang-format on */

#else

#define by_whole_rows(rows, columns, output, shape) 0

/* The dot products of `taps` taps: two words per channel. */
static void multiply(const int32_t *weights, const uint32_t *columns, int32_t taps, int32_t acc[2 * CHANNELS]) {
    const int8_t *weight = (const int8_t *)weights;
    for (int32_t i = 0; i < 2 * CHANNELS; ++i) {
        acc[i] = 0;
    }
    for (int32_t i = 0; i < taps; ++i) {
        for (int32_t c = 0; c < CHANNELS; ++c) {
            acc[2 * c] = (int32_t)((uint32_t)acc[2 * c] + (uint32_t)*weight * columns[0]);
            acc[2 * c + 1] = (int32_t)((uint32_t)acc[2 * c + 1] + (uint32_t)*weight * columns[1]);
            ++weight;
        }
        columns += 2;
    }
}

#endif

/* The outputs of one channel in the columns that are wanted. */
static void finish(const int32_t *head, const int32_t sums[BW_WOVEN], const bw_woven_s8_shape *shape, int8_t *output) {
    const int32_t first = head[0], multiplier = head[1], bias = first >> 8, offset = shape->offset;
    for (int32_t column = 0; column < shape->count; ++column) {
        *output = bw_requantize_woven(sums[column] + bias, multiplier, first, offset);
        output += shape->channels;
    }
}

void bw_woven_dot_s8(const int32_t *rows, const uint32_t *columns, int8_t *output, const bw_woven_s8_shape *shape) {
    if (by_whole_rows(rows, columns, output, shape)) {
        return;
    }
    for (int32_t channel = 0; channel < shape->channels; channel += CHANNELS) {
        const int32_t *const head = rows;
        const int32_t wanted = shape->channels - channel < CHANNELS ? shape->channels - channel : CHANNELS;
        int32_t sums[CHANNELS][BW_WOVEN] = {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}};
        rows += HEAD;
        for (int32_t done = 0; done < shape->depth; done += shape->part) {
            const int32_t left = shape->depth - done, taps = left < shape->part ? left : shape->part;
            int32_t acc[2 * CHANNELS];
            multiply(rows, columns + 2 * done, taps, acc);
            bw_unweave(acc[0], acc[1], sums[0]);
            bw_unweave(acc[2], acc[3], sums[1]);
            bw_unweave(acc[4], acc[5], sums[2]);
            bw_unweave(acc[6], acc[7], sums[3]);
            rows += taps;
        }
        for (int32_t c = 0; c < wanted; ++c) {
            finish(head + 2 * c, sums[c], shape, output + channel + c);
        }
    }
}
