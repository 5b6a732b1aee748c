/* One channel at a time times six columns.
 *
 * Rows: two words per channel, bias << 8 | right shift - 1 and multiplier, then [channels][depth] bytes with the
 * weights plus 128: those are loaded by one instruction. What is too much, 128 times the sum of the column, is taken
 * off once for all channels. Columns: the four words of a tap after each other.
 * Cost: 10 instructions per tap and six products, 45 per output.
 */
#include "bw_woven_dot_s8.h"

#include "bw_requantize_16.h"
#include "bw_woven_asm.h"

#define WORDS      4
#define COLUMNS    (WORDS / 2 * BW_WOVEN)
#define MOST_PARTS 3

/* 128 times the sum of each word of a part's taps, negative. */
static void excess(const uint32_t *columns, int32_t taps, uint32_t sums[WORDS]) {
    uint32_t a = 0, b = 0, c = 0, d = 0;
    for (int32_t i = 0; i < taps; ++i) {
        a -= columns[0], b -= columns[1], c -= columns[2], d -= columns[3];
        columns += WORDS;
    }
    sums[0] = a << 7, sums[1] = b << 7, sums[2] = c << 7, sums[3] = d << 7;
}

#if defined(__ARM_ARCH) && defined(__thumb__)

#define UNUSED __attribute__((unused))
#define BY_CHANNELS

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
/* The asm's frame. */
typedef struct {
    const int32_t *head;
    const uint8_t *weights; /* from where the first, incomplete round would begin */
    const uint32_t *columns;
    int32_t skipped; /* taps that the first round leaves out */
    int32_t rounded; /* taps, rounded up to rounds */
    const uint32_t *start;
    int8_t *output;
    int32_t step;
    int32_t offset;
    int32_t wanted;     /* bytes of sums */
    const int32_t *end; /* of the heads */
} turn;

/* All channels of one part. Frame: the turn's 11 words, 44 where a round is entered, 48 the sums. */
__attribute__((naked, noinline)) static void all_channels(UNUSED const turn *of) {
    __asm__ volatile(
        ".syntax unified \n"
        "push    {r4-r7, lr} \n"
        "mov     r4, r8 \n"
        "mov     r5, r9 \n"
        "mov     r6, r10 \n"
        "mov     r7, r11 \n"
        "push    {r4-r7} \n"
        "sub     sp, #72 \n"
        "mov     r1, sp \n"
        "ldmia   r0!, {r2-r7} \n"
        "stmia   r1!, {r2-r7} \n"
        "movs    r2, #20 \n"
        "muls    r2, r5, r2 \n"
        "ldmia   r0!, {r3-r7} \n"
        "stmia   r1!, {r3-r7} \n"
        "adr     r3, 2f \n"
        "adds    r2, r2, r3 \n"
        "str     r2, [sp, #44] \n"

        "1: \n" /* a channel */
        "ldr     r1, [sp, #4] \n"
        "ldr     r2, [sp, #16] \n"
        "adds    r3, r1, r2 \n"
        "mov     r12, r3 \n"
        "ldr     r2, [sp, #12] \n"
        "subs    r3, r3, r2 \n"
        "str     r3, [sp, #4] \n"
        "ldr     r0, [sp, #20] \n"
        "ldmia   r0!, {r4-r7} \n"
        "mov     r8, r4 \n"
        "mov     r9, r5 \n"
        "mov     r10, r6 \n"
        "mov     r11, r7 \n"
        "ldr     r0, [sp, #8] \n"
        "ldr     r2, [sp, #44] \n"
        "mov     pc, r2 \n"
        ".balign 4 \n"
        "2: \n"
        TAP("0") TAP("1") TAP("2") TAP("3") TAP("4") TAP("5") TAP("6") TAP("7")
        "adds    r1, r1, #8 \n"
        "cmp     r1, r12 \n"
        "bne     2b \n"

        "ldr     r0, [sp] \n"
        "ldmia   r0!, {r1, r2} \n"
        "str     r0, [sp] \n"
        "asrs    r7, r1, #8 \n"
        "add     r6, sp, #48 \n"
        BW_UNWEAVE("r8", "r9")
        "stmia   r6!, {r3-r5} \n"
        BW_UNWEAVE("r10", "r11")
        "stmia   r6!, {r3-r5} \n"
        
        "ldr     r3, [sp, #32] \n"
        "mov     r11, r3 \n"
        BW_REQUANTIZE_BEGIN
        "add     r0, sp, #48 \n"
        "ldr     r1, [sp, #24] \n"
        "ldr     r6, [sp, #28] \n"
        "ldr     r7, [sp, #36] \n"
        "adds    r7, r7, r0 \n"

        BW_REQUANTIZE_RUN("3", "4")

        "ldr     r1, [sp, #24] \n"
        "adds    r1, r1, #1 \n"
        "str     r1, [sp, #24] \n"
        "ldr     r0, [sp] \n"
        "ldr     r2, [sp, #40] \n"
        "cmp     r0, r2 \n"
        "beq     5f \n"
        "b       1b \n"
        "5: \n"
        "add     sp, #72 \n"
        "pop     {r4-r7} \n"
        "mov     r8, r4 \n"
        "mov     r9, r5 \n"
        "mov     r10, r6 \n"
        "mov     r11, r7 \n"
        "pop     {r4-r7, pc} \n");
}

/* All channels, where their taps are one part; not inlined, so that parts do without its stack. */
__attribute__((noinline)) static void one_part(const int32_t *rows, const uint32_t *columns, int8_t *output, const bw_woven_s8_shape *shape) {
    uint32_t start[WORDS];
    excess(columns, shape->depth, start);
    const int32_t *const end = rows + 2 * shape->channels;
    const int32_t skipped = -shape->depth & 7;
    const turn of = {rows,
                     (const uint8_t *)end - skipped,
                     columns,
                     skipped,
                     shape->depth + skipped,
                     start,
                     output,
                     shape->channels,
                     shape->offset,
                     4 * shape->count,
                     end};
    all_channels(&of);
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

/* The outputs of one channel in the columns that are wanted. */
__attribute__((noinline)) static void finish(int32_t head, int32_t multiplier, const int32_t sums[COLUMNS],
                                             const bw_woven_s8_shape *shape, int8_t *output) {
    const int32_t high = multiplier >> 16, low = multiplier & 0xFFFF, shift = head & 0xFF, offset = shape->offset;
    for (int32_t i = 0; i < shape->count; ++i) {
        *output = (int8_t)bw_requantize_16(sums[i] + (head >> 8), high, low, shift, offset);
        output += shape->channels;
    }
}

static int32_t part_at(const bw_woven_s8_shape *shape, int32_t done) {
    return shape->depth - done < shape->part ? shape->depth - done : shape->part;
}

/* All channels, part by part; not inlined, so that other layers do without its stack. */
__attribute__((noinline)) static void many_parts(const int32_t *rows, const uint32_t *columns, int8_t *output,
                                                 const bw_woven_s8_shape *shape) {
    uint32_t start[MOST_PARTS][WORDS];
    for (int32_t done = 0, i = 0; done < shape->depth; done += shape->part) {
        excess(columns + WORDS * done, part_at(shape, done), start[i++]);
    }
    const uint8_t *weights = (const uint8_t *)(rows + 2 * shape->channels);
    for (int32_t channel = 0; channel < shape->channels; ++channel) {
        int32_t sums[COLUMNS] = {0, 0, 0, 0, 0, 0};
        for (int32_t done = 0, i = 0; done < shape->depth; done += shape->part) {
            uint32_t acc[WORDS];
            const int32_t taps = part_at(shape, done);
            acc[0] = start[i][0], acc[1] = start[i][1], acc[2] = start[i][2], acc[3] = start[i][3];
            multiply(columns + WORDS * done, weights, taps, acc);
            bw_unweave((int32_t)acc[0], (int32_t)acc[1], sums);
            bw_unweave((int32_t)acc[2], (int32_t)acc[3], sums + BW_WOVEN);
            weights += taps;
            ++i;
        }
        finish(rows[0], rows[1], sums, shape, output + channel);
        rows += 2;
    }
}

void bw_woven_dot_s8(const int32_t *rows, const uint32_t *columns, int8_t *output, const bw_woven_s8_shape *shape) {
#ifdef BY_CHANNELS
    if (shape->part >= shape->depth) {
        one_part(rows, columns, output, shape);
        return;
    }
#endif
    many_parts(rows, columns, output, shape);
}
