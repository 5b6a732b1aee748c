/* Four channels at a time times three columns.
 *
 * Rows: per four channels (the last ones filled with zeros) eight words, bias << 8 | right shift - 1 and multiplier of
 * each, and then a word per tap with their weights, the first channel's in its lowest byte. Columns: the two words of a
 * tap after each other. Cost: 13 instructions per tap and twelve products.
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

/* 13 instructions of four bytes each: the size is relied on below. */
#define TAP \
    "ldmia.w r1!, {r2, r3} \n" \
    CHANNEL("r4", "r5") CHANNEL("r6", "r7") CHANNEL("r8", "r9") CHANNEL("r10", "r11")

/* acc += the dot products of `taps` taps (at least one); acc has two words per channel. */
__attribute__((naked, noinline)) static void multiply(UNUSED const int32_t *weights, UNUSED const uint32_t *columns,
                                                      UNUSED int32_t taps, UNUSED int32_t acc[2 * CHANNELS]) {
    __asm__ volatile(
        "push    {r3-r11, lr} \n"
        "ldm     r3, {r4-r11} \n"
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
/* clang-format on */

#else

/* acc += the dot products of `taps` taps; acc has two words per channel. */
static void multiply(const int32_t *weights, const uint32_t *columns, int32_t taps, int32_t acc[2 * CHANNELS]) {
    const int8_t *weight = (const int8_t *)weights;
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

void bw_woven_dot_s8(const int32_t *rows, const uint32_t *columns, int8_t *output, const bw_woven_s8_shape *shape) {
    for (int32_t channel = 0; channel < shape->channels; channel += CHANNELS) {
        const int32_t *const head = rows;
        int32_t sums[BW_WOVEN * CHANNELS];
        rows += HEAD;
        for (int32_t i = 0; i < BW_WOVEN * CHANNELS; ++i) {
            sums[i] = head[2 * (i % CHANNELS)] >> 8;
        }
        for (int32_t done = 0; done < shape->depth; done += shape->part) {
            const int32_t left = shape->depth - done, taps = left < shape->part ? left : shape->part;
            int32_t acc[2 * CHANNELS] = {0};
            multiply(rows, columns + 2 * done, taps, acc);
            for (int32_t c = 0; c < CHANNELS; ++c) {
                bw_unweave(acc[2 * c], acc[2 * c + 1], sums + c, CHANNELS);
            }
            rows += taps;
        }
        for (int32_t column = 0; column < shape->count; ++column) {
            int8_t *const to = output + column * shape->channels + channel;
            for (int32_t c = 0; c < CHANNELS && channel + c < shape->channels; ++c) {
                to[c] = bw_requantize_woven(sums[column * CHANNELS + c], head[2 * c + 1], head[2 * c], shape->offset);
            }
        }
    }
}
