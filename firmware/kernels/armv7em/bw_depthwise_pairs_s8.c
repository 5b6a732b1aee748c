#include "bw_depthwise_pairs_s8.h"

#include "bw_dsp.h"

#ifdef __ARM_FEATURE_DSP

/* All fourteen registers are in use, which no compiler's allocation is trusted with: r0 x, r1 second sum, r2 output,
 * r3-r8 taps, r9-r11 words of the three lines, then multiplier, offset and step; r12 first sum, lr end of x.
 * On the stack: the channel's multiplier, offset, step, bias and count; its x, taps, output and constants; how many
 * channels are left; the saved registers; pitch. */
#define ENTER(bytes_of_a_pair)                                                                                         \
    "push {r4-r11, lr}\n"                                                                                              \
    "movs r4, #4\n"                                                                                                    \
    "push {r0-r4}\n"                                                                                                   \
    "sub sp, #20\n"                                                                                                    \
    "0:\n"                                                                                                             \
    "ldmia r3, {r4-r8}\n"                                                                                              \
    "stmia sp, {r4-r8}\n"                                                                                              \
    "lsrs r4, r8, #1\n"                                                                                                \
    "mov r5, #" #bytes_of_a_pair "\n"                                                                                  \
    "mla lr, r4, r5, r0\n"                                                                                             \
    "ldmia r1, {r3-r8}\n"                                                                                              \
    "cmp r0, lr\n"                                                                                                     \
    "beq 2f\n"                                                                                                         \
    "1:\n"                                                                                                             \
    "ldr r1, [sp, #12]\n"

/* An odd count's last output is a pair's first one; the second one goes to the same place before it, step 0. */
#define LEAVE(bytes_of_a_pair)                                                                                         \
    "ldmia sp, {r9-r11}\n"                                                                                             \
    "smmla r12, r12, r9, r10\n"                                                                                        \
    "smmla r1, r1, r9, r10\n"                                                                                          \
    "ssat r12, #8, r12, asr #10\n"                                                                                     \
    "ssat r1, #8, r1, asr #10\n"                                                                                       \
    "strb r1, [r2, r11]\n"                                                                                             \
    "strb r12, [r2]\n"                                                                                                 \
    "add r2, r2, r11, lsl #1\n"                                                                                        \
    "cmp r0, lr\n"                                                                                                     \
    "bne 1b\n"                                                                                                         \
    "2:\n"                                                                                                             \
    "ldr r1, [sp, #16]\n"                                                                                              \
    "lsls r1, r1, #31\n"                                                                                               \
    "beq 3f\n"                                                                                                         \
    "movs r1, #0\n"                                                                                                    \
    "str r1, [sp, #8]\n"                                                                                               \
    "str r1, [sp, #16]\n"                                                                                              \
    "add lr, lr, #" #bytes_of_a_pair "\n"                                                                              \
    "b 1b\n"                                                                                                           \
    "3:\n"                                                                                                             \
    "add r12, sp, #20\n"                                                                                               \
    "ldmia r12, {r0-r4}\n"                                                                                             \
    "ldr r5, [sp, #76]\n"                                                                                              \
    "add r0, r0, r5\n"                                                                                                 \
    "adds r1, r1, #60\n"                                                                                               \
    "adds r2, r2, #1\n"                                                                                                \
    "adds r3, r3, #60\n"                                                                                               \
    "subs r4, r4, #1\n"                                                                                                \
    "stmia r12, {r0-r4}\n"                                                                                             \
    "bne 0b\n"                                                                                                         \
    "add sp, sp, #40\n"                                                                                                \
    "pop {r4-r11, pc}\n"

__attribute__((naked)) void bw_depthwise_pairs_stride1_s8(__attribute__((unused)) const uint32_t *x,
                                                          __attribute__((unused)) const uint32_t *taps,
                                                          __attribute__((unused)) int8_t *output,
                                                          __attribute__((unused)) const bw_depthwise_channel *channels,
                                                          __attribute__((unused)) int32_t pitch) {
    __asm__(ENTER(12) /* first: (x0, x1) and x2; second: x1 and (x2, x3) */
            "ldmia r0!, {r9-r11}\n"
            "smlad r12, r9, r3, r1\n"
            "smlatb r1, r9, r3, r1\n"
            "smlad r12, r10, r5, r12\n"
            "smlatb r1, r10, r5, r1\n"
            "smlad r12, r11, r7, r12\n"
            "smlatb r1, r11, r7, r1\n"
            "ldmia r0, {r9-r11}\n"
            "smlabt r12, r9, r4, r12\n"
            "smlad r1, r9, r4, r1\n"
            "smlabt r12, r10, r6, r12\n"
            "smlad r1, r10, r6, r1\n"
            "smlabt r12, r11, r8, r12\n"
            "smlad r1, r11, r8, r1\n" LEAVE(12));
}

__attribute__((naked)) void bw_depthwise_pairs_stride2_s8(__attribute__((unused)) const uint32_t *x,
                                                          __attribute__((unused)) const uint32_t *taps,
                                                          __attribute__((unused)) int8_t *output,
                                                          __attribute__((unused)) const bw_depthwise_channel *channels,
                                                          __attribute__((unused)) int32_t pitch) {
    __asm__(ENTER(24) /* first: (x0, x1) and x2; second: (x2, x3) and x4 */
            "ldmia r0!, {r9-r11}\n"
            "smlad r12, r9, r3, r1\n"
            "smlad r12, r10, r5, r12\n"
            "smlad r12, r11, r7, r12\n"
            "ldmia r0!, {r9-r11}\n"
            "smlabt r12, r9, r4, r12\n"
            "smlad r1, r9, r3, r1\n"
            "smlabt r12, r10, r6, r12\n"
            "smlad r1, r10, r5, r1\n"
            "smlabt r12, r11, r8, r12\n"
            "smlad r1, r11, r7, r1\n"
            "ldmia r0, {r9-r11}\n"
            "smlabt r1, r9, r4, r1\n"
            "smlabt r1, r10, r6, r1\n"
            "smlabt r1, r11, r8, r1\n" LEAVE(24));
}

#else

#define CHANNELS 4

static int32_t bottom(uint32_t word) { return (int16_t)word; }
static int32_t top(uint32_t word) { return (int16_t)(word >> 16); }

/* One output whose first element is the low half of x[0], or its high half. */
static int32_t sum(const uint32_t *x, const uint32_t *taps, int32_t bias, int32_t high) {
    for (int32_t s = 0; s < 3; ++s) {
        if (high) {
            bias = bw_smlad(x[s + 3], taps[2 * s + 1], bias) + top(x[s]) * bottom(taps[2 * s]);
        } else {
            bias = bw_smlad(x[s], taps[2 * s], bias) + bottom(x[s + 3]) * top(taps[2 * s + 1]);
        }
    }
    return bias;
}

void bw_depthwise_pairs_stride1_s8(const uint32_t *x, const uint32_t *taps, int8_t *output,
                                   const bw_depthwise_channel *channels, int32_t pitch) {
    for (int32_t c = 0; c < CHANNELS; ++c, ++channels) {
        for (int32_t i = 0; i < channels->count; ++i) {
            const int32_t acc = sum(x + 3 * (i / 2), taps, channels->bias, i & 1);
            output[c + i * channels->step] = bw_rectify(acc, channels->multiplier, channels->offset);
        }
        x += pitch / 4;
        taps += sizeof *channels / 4;
    }
}

void bw_depthwise_pairs_stride2_s8(const uint32_t *x, const uint32_t *taps, int8_t *output,
                                   const bw_depthwise_channel *channels, int32_t pitch) {
    for (int32_t c = 0; c < CHANNELS; ++c, ++channels) {
        for (int32_t i = 0; i < channels->count; ++i) {
            const int32_t acc = sum(x + 3 * i, taps, channels->bias, 0);
            output[c + i * channels->step] = bw_rectify(acc, channels->multiplier, channels->offset);
        }
        x += pitch / 4;
        taps += sizeof *channels / 4;
    }
}

#endif
