#include "bw_woven_line_s8.h"

#include "bw_requantize_16.h"
#include "bw_woven_dot_s8.h"

#define LINES 3

#if defined(__ARM_ARCH) && defined(__thumb__)

#define UNUSED __attribute__((unused))

/* clang-format off */

/* A line of words times its three weights: `into` is mov in the first line and add in the others. Sums in r12 and lr.
 * Stride 1: the words r3 to r5 and r4 to r6. */
#define LINE_1(into) \
    "ldmia   r1!, {r3-r6} \n" \
    "ldmia   r0!, {r2} \n" \
    "muls    r3, r2, r3 \n" \
    into "   r12, r3 \n" \
    "muls    r2, r4, r2 \n" \
    into "   lr, r2 \n" \
    "ldmia   r0!, {r2, r7} \n" \
    "movs    r3, r2 \n" \
    "muls    r4, r2, r4 \n" \
    "add     r12, r4 \n" \
    "muls    r3, r5, r3 \n" \
    "add     lr, r3 \n" \
    "muls    r5, r7, r5 \n" \
    "add     r12, r5 \n" \
    "muls    r6, r7, r6 \n" \
    "add     lr, r6 \n"

/* Stride 2: the words r3 to r5 and r5 to r7. */
#define LINE_2(into) \
    "ldmia   r1!, {r3-r7} \n" \
    "ldmia   r0!, {r2} \n" \
    "muls    r3, r2, r3 \n" \
    into "   r12, r3 \n" \
    "muls    r2, r5, r2 \n" \
    into "   lr, r2 \n" \
    "ldmia   r0!, {r2} \n" \
    "muls    r4, r2, r4 \n" \
    "add     r12, r4 \n" \
    "muls    r6, r2, r6 \n" \
    "add     lr, r6 \n" \
    "ldmia   r0!, {r2} \n" \
    "muls    r5, r2, r5 \n" \
    "add     r12, r5 \n" \
    "muls    r7, r2, r7 \n" \
    "add     lr, r7 \n"

/* From the end of one line's words to the next line's. */
#define NEXT \
    "ldr     r2, [sp] \n" \
    "adds    r1, r1, r2 \n"

#define SUMS(LINE, loaded) \
    "push    {r3-r7, lr} \n" \
    "subs    r2, #" loaded " \n" \
    "push    {r2} \n" \
    LINE("mov") NEXT LINE("add") NEXT LINE("add") \
    "pop     {r2, r3} \n" \
    "mov     r4, r12 \n" \
    "mov     r5, lr \n" \
    "stmia   r3!, {r4, r5} \n" \
    "pop     {r4-r7, pc} \n"

/* The two sums of three lines, pitch bytes apart. */
__attribute__((naked, noinline)) static void sums_1(UNUSED const int32_t *weights, UNUSED const uint32_t *words,
                                                    UNUSED int32_t pitch, UNUSED int32_t sums[2]) {
    __asm__ volatile(".syntax unified \n" SUMS(LINE_1, "16"));
}

__attribute__((naked, noinline)) static void sums_2(UNUSED const int32_t *weights, UNUSED const uint32_t *words,
                                                    UNUSED int32_t pitch, UNUSED int32_t sums[2]) {
    __asm__ volatile(".syntax unified \n" SUMS(LINE_2, "20"));
}
/* clang-format on */

#else

static uint32_t sum(const int32_t *weights, const uint32_t *words, int32_t pitch) {
    uint32_t total = 0;
    for (int32_t i = 0; i < 3 * LINES; ++i) {
        total += (uint32_t)weights[i] * words[i / 3 * (pitch / 4) + i % 3];
    }
    return total;
}

static void sums_1(const int32_t *weights, const uint32_t *words, int32_t pitch, int32_t sums[2]) {
    sums[0] = (int32_t)sum(weights, words, pitch);
    sums[1] = (int32_t)sum(weights, words + 1, pitch);
}

static void sums_2(const int32_t *weights, const uint32_t *words, int32_t pitch, int32_t sums[2]) {
    sums[0] = (int32_t)sum(weights, words, pitch);
    sums[1] = (int32_t)sum(weights, words + 2, pitch);
}

#endif

/* The next three outputs. */
static void finish(const bw_woven_channel *channel, const int32_t both[2], int8_t *output) {
    const int32_t bias = channel->bias / 2, high = channel->multiplier >> 16, low = channel->multiplier & 0xFFFF;
    const int32_t shift = channel->head & 0xFF, offset = channel->head >> 8;
    int32_t sums[BW_WOVEN] = {bias, bias, bias};
    bw_unweave(both[0], both[1], sums);
    for (int32_t i = 0; i < BW_WOVEN; ++i) {
        *output = (int8_t)bw_requantize_16(sums[i], high, low, shift, offset);
        output += channel->step;
    }
}

static void line(const int32_t *weights, const uint32_t *words, int8_t *output, const bw_woven_channel *channel,
                 int32_t stride) {
    int32_t both[2], rest = channel->rest;
    for (int32_t turns = channel->whole; turns > 0; --turns) {
        if (stride == 1) {
            sums_1(weights, words, channel->pitch, both);
        } else {
            sums_2(weights, words, channel->pitch, both);
        }
        finish(channel, both, output);
        words += BW_WOVEN * stride;
        output += BW_WOVEN * channel->step;
        if (turns == 1 && rest > 0) { /* the last three outputs, one or two of them once more */
            words -= (BW_WOVEN - rest) * stride;
            output -= (BW_WOVEN - rest) * channel->step;
            rest = 0;
            turns = 2;
        }
    }
}

void bw_woven_line_stride1_s8(const int32_t *weights, const uint32_t *words, int8_t *output,
                              const bw_woven_channel *channel) {
    line(weights, words, output, channel, 1);
}

void bw_woven_line_stride2_s8(const int32_t *weights, const uint32_t *words, int8_t *output,
                              const bw_woven_channel *channel) {
    line(weights, words, output, channel, 2);
}
