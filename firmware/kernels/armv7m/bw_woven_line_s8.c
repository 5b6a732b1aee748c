#include "bw_woven_line_s8.h"

#include "bw_woven_dot_s8.h"

#if defined(__ARM_ARCH) && __ARM_ARCH >= 7 && defined(__thumb2__)

#define UNUSED __attribute__((unused))

/* clang-format off */

/* The line of words at r1 times its three weights: `first` is mul in the first line. Stride 1: the words r7 to r9 for
 * the sum in r2, r8 to r10 for that in r3; stride 2: r7 to r9, and r9 to r11. */
#define LINE_1(multiply, t, u) \
    "ldm     r0!, {r4-r6} \n" \
    "ldm     r1, {r7-r10} \n" \
    "add     r1, r1, r12 \n" \
    multiply " r2, r4, r7" t " \n" \
    multiply " r3, r4, r8" u " \n" \
    "mla     r2, r5, r8, r2 \n" \
    "mla     r3, r5, r9, r3 \n" \
    "mla     r2, r6, r9, r2 \n" \
    "mla     r3, r6, r10, r3 \n"
#define LINE_2(multiply, t, u) \
    "ldm     r0!, {r4-r6} \n" \
    "ldm     r1, {r7-r11} \n" \
    "add     r1, r1, r12 \n" \
    multiply " r2, r4, r7" t " \n" \
    multiply " r3, r4, r9" u " \n" \
    "mla     r2, r5, r8, r2 \n" \
    "mla     r3, r5, r10, r3 \n" \
    "mla     r2, r6, r9, r2 \n" \
    "mla     r3, r6, r11, r3 \n"

/* Rounding DOUBLE of a doubled accumulator and the store: r4 multiplier, r5 head. */
#define FINISH(acc, place) \
    "smull   r11, " acc ", " acc ", r4 \n" \
    "lsls    r11, r11, #1 \n" \
    "adc     " acc ", " acc ", #0 \n" \
    "add     " acc ", " acc ", " acc ", asr #31 \n" \
    "asr     " acc ", " acc ", r5 \n" \
    "add     " acc ", " acc ", r5, asr #8 \n" \
    "ssat    " acc ", #8, " acc ", asr #1 \n" \
    "strb    " acc ", [" place "] \n"

/* Frame: multiplier, head, bias, step, turns, rest, pitch (a copy of the channel), 28 output, 32 weights. r12 pitch, lr
 * turns. `advance`: bytes of words per output. */
#define LINE(LINES, advance, back_one, back_two) \
    "push    {r4-r11, lr} \n" \
    "sub     sp, sp, #36 \n" \
    "ldm     r3, {r4-r9, r12} \n" \
    "stm     sp, {r4-r9, r12} \n" \
    "strd    r2, r0, [sp, #28] \n" \
    "mov     lr, r8 \n" \
    "1: \n" \
    LINES("mul", "", "") LINES("mla", ", r2", ", r3") LINES("mla", ", r2", ", r3") \
    "sub     r1, r1, r12, lsl #1 \n" \
    "sub     r1, r1, r12 \n" \
    "add     r1, r1, #" advance " \n" \
    "ldm     sp, {r4-r7} \n" \
    "ldrd    r8, r0, [sp, #28] \n" \
    "sub     r9, r2, r3, lsl #11 \n" \
    "lsl     r9, r9, #10 \n" \
    "sub     r2, r2, r9, asr #10 \n" \
    "sub     r3, r3, r2, asr #11 \n" \
    "add     r9, r6, r9, asr #9 \n" \
    "add     r2, r6, r2, asr #10 \n" \
    "add     r3, r6, r3, asr #10 \n" \
    FINISH("r9", "r8") FINISH("r2", "r8, r7") FINISH("r3", "r8, r7, lsl #1") \
    "add     r8, r8, r7, lsl #1 \n" \
    "add     r8, r8, r7 \n" \
    "str     r8, [sp, #28] \n" \
    "subs    lr, lr, #1 \n" \
    "bne     1b \n" \
    /* The last three outputs once more where one or two are left. */ \
    "ldr     r4, [sp, #20] \n" \
    "cbz     r4, 2f \n" \
    "str     lr, [sp, #20] \n" \
    "mov     lr, #1 \n" \
    "cmp     r4, #2 \n" \
    "ite     eq \n" \
    "subeq   r1, r1, #" back_one " \n" \
    "subne   r1, r1, #" back_two " \n" \
    "sub     r8, r8, r7 \n" \
    "it      ne \n" \
    "subne   r8, r8, r7 \n" \
    "str     r8, [sp, #28] \n" \
    "b       1b \n" \
    "2: \n" \
    "add     sp, sp, #36 \n" \
    "pop     {r4-r11, pc} \n"

__attribute__((naked, noinline)) void bw_woven_line_stride1_s8(UNUSED const int32_t *weights,
                                                               UNUSED const uint32_t *words, UNUSED int8_t *output,
                                                               UNUSED const bw_woven_channel *channel) {
    __asm__ volatile(LINE(LINE_1, "12", "4", "8"));
}

__attribute__((naked, noinline)) void bw_woven_line_stride2_s8(UNUSED const int32_t *weights,
                                                               UNUSED const uint32_t *words, UNUSED int8_t *output,
                                                               UNUSED const bw_woven_channel *channel) {
    __asm__ volatile(LINE(LINE_2, "24", "8", "16"));
}
/* clang-format on */

#else

static uint32_t sum(const int32_t *weights, const uint32_t *words, int32_t pitch) {
    uint32_t total = 0;
    for (int32_t i = 0; i < 9; ++i) {
        total += (uint32_t)weights[i] * words[i / 3 * pitch + i % 3];
    }
    return total;
}

static void line(const int32_t *weights, const uint32_t *words, int8_t *output, const bw_woven_channel *channel,
                 int32_t stride) {
    const int32_t pitch = channel->pitch / 4, last = 3 * (channel->whole - 1) + channel->rest;
    for (int32_t x = 0;;) {
        const uint32_t *const from = words + x * stride;
        int32_t sums[BW_WOVEN] = {0};
        bw_unweave((int32_t)sum(weights, from, pitch), (int32_t)sum(weights, from + stride, pitch), sums);
        for (int32_t i = 0; i < BW_WOVEN; ++i) {
            output[(x + i) * channel->step] = bw_requantize_woven(sums[i] + channel->bias / 2, channel->multiplier,
                                                                  channel->head, channel->head >> 8);
        }
        if (x == last) {
            break;
        }
        x = x + BW_WOVEN <= last ? x + BW_WOVEN : last;
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

#endif
