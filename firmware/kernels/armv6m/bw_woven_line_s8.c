#include "bw_woven_line_s8.h"

#include "bw_requantize_16.h"
#include "bw_woven_asm.h"
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

/* `loaded`: bytes of words that a line loads. Frame: 0 from one line to the next, 4 channel, 8 output, 12 saved. */
#define THREE(LINE, loaded) \
    "push    {r4-r7, lr} \n" \
    "mov     r4, r8 \n" \
    "mov     r5, r9 \n" \
    "mov     r6, r10 \n" \
    "mov     r7, r11 \n" \
    "push    {r2-r7} \n" \
    "ldr     r2, [r2, #24] \n" \
    "subs    r2, #" loaded " \n" \
    "push    {r2} \n" \
    LINE("mov") NEXT LINE("add") NEXT LINE("add") \
    "ldr     r0, [sp, #4] \n" \
    "ldr     r7, [r0, #8] \n" \
    "asrs    r7, r7, #1 \n" \
    "ldr     r6, [r0, #12] \n" \
    BW_UNWEAVE("r12", "lr") \
    "ldmia   r0!, {r1, r2} \n" \
    "mov     r0, r1 \n" \
    "asrs    r1, r2, #8 \n" \
    "mov     r11, r1 \n" \
    "mov     r1, r2 \n" \
    "mov     r2, r0 \n" \
    "push    {r3-r5} \n" \
    BW_REQUANTIZE_BEGIN \
    "mov     r0, sp \n" \
    "ldr     r1, [sp, #20] \n" \
    "add     r7, sp, #12 \n" \
    BW_REQUANTIZE_RUN("1", "2") \
    "add     sp, #24 \n" \
    "pop     {r4-r7} \n" \
    "mov     r8, r4 \n" \
    "mov     r9, r5 \n" \
    "mov     r10, r6 \n" \
    "mov     r11, r7 \n" \
    "pop     {r4-r7, pc} \n"

/* The next three outputs. */
__attribute__((naked, noinline)) static void three_1(UNUSED const int32_t *weights, UNUSED const uint32_t *words,
                                                     UNUSED const bw_woven_channel *channel, UNUSED int8_t *output) {
    __asm__ volatile(".syntax unified \n" THREE(LINE_1, "16"));
}

__attribute__((naked, noinline)) static void three_2(UNUSED const int32_t *weights, UNUSED const uint32_t *words,
                                                     UNUSED const bw_woven_channel *channel, UNUSED int8_t *output) {
    __asm__ volatile(".syntax unified \n" THREE(LINE_2, "20"));
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

/* The next three outputs. */
static void three(const int32_t *weights, const uint32_t *words, const bw_woven_channel *channel, int8_t *output,
                  int32_t stride) {
    const int32_t bias = channel->bias / 2, high = channel->multiplier >> 16, low = channel->multiplier & 0xFFFF;
    const int32_t shift = channel->head & 0xFF, offset = channel->head >> 8;
    int32_t sums[BW_WOVEN] = {bias, bias, bias};
    bw_unweave((int32_t)sum(weights, words, channel->pitch), (int32_t)sum(weights, words + stride, channel->pitch),
               sums);
    for (int32_t i = 0; i < BW_WOVEN; ++i) {
        *output = (int8_t)bw_requantize_16(sums[i], high, low, shift, offset);
        output += channel->step;
    }
}

#define three_1(weights, words, channel, output) three(weights, words, channel, output, 1)
#define three_2(weights, words, channel, output) three(weights, words, channel, output, 2)

#endif

static void line(const int32_t *weights, const uint32_t *words, int8_t *output, const bw_woven_channel *channel,
                 int32_t stride) {
    int32_t rest = channel->rest;
    for (int32_t turns = channel->whole; turns > 0; --turns) {
        if (stride == 1) {
            three_1(weights, words, channel, output);
        } else {
            three_2(weights, words, channel, output);
        }
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
