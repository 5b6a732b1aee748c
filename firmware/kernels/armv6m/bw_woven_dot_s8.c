/* One channel at a time times six columns.
 *
 * Rows: two words per channel, bias << 8 | right shift - 1 and multiplier, then [channels][depth] bytes with the
 * weights plus 128: those are loaded by one instruction. What is too much, 128 times the sum of the column, is taken
 * off once for all channels. Columns: the four words of a tap after each other.
 * Cost: 10 instructions per tap and six products.
 */
#include "bw_woven_dot_s8.h"

#include "bw_requantize_16.h"

#define WORDS      4
#define COLUMNS    (WORDS / 2 * BW_WOVEN)
#define MOST_PARTS 4

#if defined(__ARM_ARCH) && defined(__thumb__)

#define UNUSED __attribute__((unused))

/* clang-format off */

/* Ten instructions of two bytes each: the size is relied on below. */
#define TAP(offset) \
    "ldrb    r2, [r1, #" offset "] \n" \
    "ldmia   r0!, {r4-r7} \n" \
    "muls    r4, r2, r4 \n" \
    "add     r8, r4 \n" \
    "muls    r5, r2, r5 \n" \
    "add     r9, r5 \n" \
    "muls    r6, r2, r6 \n" \
    "add     r10, r6 \n" \
    "muls    r7, r2, r7 \n" \
    "add     r11, r7 \n"

/* acc += the dot products of `taps` taps (at least one). */
__attribute__((naked, noinline)) static void multiply(UNUSED const uint32_t *columns, UNUSED const uint8_t *weights,
                                                      UNUSED int32_t taps, UNUSED uint32_t acc[WORDS]) {
    __asm__ volatile(
        ".syntax unified \n"
        "push    {r3-r7, lr} \n"
        "mov     r4, r8 \n"
        "mov     r5, r9 \n"
        "mov     r6, r10 \n"
        "mov     r7, r11 \n"
        "push    {r4-r7} \n"
        "ldmia   r3!, {r4-r7} \n"
        "mov     r8, r4 \n"
        "mov     r9, r5 \n"
        "mov     r10, r6 \n"
        "mov     r11, r7 \n"
        "adds    r3, r1, r2 \n" /* the end of the weights */
        "mov     r12, r3 \n"
        "rsbs    r2, r2, #0 \n"
        "movs    r3, #7 \n"
        "ands    r2, r2, r3 \n" /* taps that the first round leaves out */
        "subs    r1, r1, r2 \n"
        "movs    r3, #20 \n"
        "muls    r2, r3, r2 \n"
        "adr     r3, 1f \n"
        "adds    r2, r2, r3 \n"
        "mov     pc, r2 \n"
        ".balign 4 \n"
        "1: \n"
        TAP("0") TAP("1") TAP("2") TAP("3") TAP("4") TAP("5") TAP("6") TAP("7")
        "adds    r1, r1, #8 \n"
        "cmp     r1, r12 \n"
        "bne     1b \n"
        "ldr     r3, [sp, #16] \n"
        "mov     r4, r8 \n"
        "mov     r5, r9 \n"
        "mov     r6, r10 \n"
        "mov     r7, r11 \n"
        "stmia   r3!, {r4-r7} \n"
        "pop     {r4-r7} \n"
        "mov     r8, r4 \n"
        "mov     r9, r5 \n"
        "mov     r10, r6 \n"
        "mov     r11, r7 \n"
        "pop     {r3-r7, pc} \n");
}
/* clang-format on */

#else

/* acc += the dot products of `taps` taps. */
static void multiply(const uint32_t *columns, const uint8_t *weights, int32_t taps, uint32_t acc[WORDS]) {
    for (int32_t i = 0; i < taps; ++i) {
        for (int32_t j = 0; j < WORDS; ++j) {
            acc[j] += weights[i] * columns[j];
        }
        columns += WORDS;
    }
}

#endif

/* 128 times the sum of each word of a part's taps, negative. */
static void excess(const uint32_t *columns, int32_t taps, uint32_t sums[WORDS]) {
    uint32_t a = 0, b = 0, c = 0, d = 0;
    for (int32_t i = 0; i < taps; ++i) {
        a -= columns[0], b -= columns[1], c -= columns[2], d -= columns[3];
        columns += WORDS;
    }
    sums[0] = a << 7, sums[1] = b << 7, sums[2] = c << 7, sums[3] = d << 7;
}

static int32_t part_at(const bw_woven_s8_shape *shape, int32_t done) {
    return shape->depth - done < shape->part ? shape->depth - done : shape->part;
}

void bw_woven_dot_s8(const int32_t *rows, const uint32_t *columns, int8_t *output, const bw_woven_s8_shape *shape) {
    const uint8_t *weights = (const uint8_t *)(rows + 2 * shape->channels);
    uint32_t start[MOST_PARTS][WORDS];
    for (int32_t done = 0, i = 0; done < shape->depth; done += shape->part) {
        excess(columns + WORDS * done, part_at(shape, done), start[i++]);
    }
    for (int32_t channel = 0; channel < shape->channels; ++channel) {
        const int32_t head = *rows++, multiplier = *rows++, bias = head >> 8;
        int32_t sums[COLUMNS] = {bias, bias, bias, bias, bias, bias};
        for (int32_t done = 0, i = 0; done < shape->depth; done += shape->part) {
            uint32_t acc[WORDS];
            const int32_t taps = part_at(shape, done);
            acc[0] = start[i][0], acc[1] = start[i][1], acc[2] = start[i][2], acc[3] = start[i][3];
            multiply(columns + WORDS * done, weights, taps, acc);
            bw_unweave((int32_t)acc[0], (int32_t)acc[1], sums, 1);
            bw_unweave((int32_t)acc[2], (int32_t)acc[3], sums + BW_WOVEN, 1);
            weights += taps;
            ++i;
        }
        int8_t *to = output + channel;
        const int32_t high = multiplier >> 16, low = multiplier & 0xFFFF, shift = head & 0xFF, offset = shape->offset;
        for (const int32_t *sum = sums; sum != sums + shape->count; ++sum) {
            *to = (int8_t)bw_requantize_16(*sum, high, low, shift, offset);
            to += shape->channels;
        }
    }
}
