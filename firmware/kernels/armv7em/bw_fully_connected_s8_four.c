#include "bw_fully_connected_s8_four.h"

#include "bw_pairs_s8.h"

#ifdef __ARM_FEATURE_DSP

#define UNUSED __attribute__((unused))

/* clang-format off */

/* A word of weights times two taps: 256 * A + B, and B. */
#define MULTIPLY(word, taps, both, second) \
    "smlad   " both ", " word ", " taps ", " both " \n" \
    "sxtb16  " word ", " word " \n" \
    "smlad   " second ", " word ", " taps ", " second " \n"

/* acc (256 * A + B and B of two pairs) += the dot products of `quads` times four taps. All registers are taken: the
 * function is assembly as a whole, its arguments in r0 to r3 (AAPCS). */
__attribute__((naked, noinline)) static const int32_t *dot_four(UNUSED const int32_t *words, UNUSED const int8_t *input,
                                                                UNUSED int32_t quads, UNUSED int32_t acc[4]) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "ldm     r3, {r9-r12} \n"
        "rsb     r4, r2, #0 \n"
        "and     r4, r4, #7 \n"
        "add     r2, r2, #7 \n"
        "lsr     r2, r2, #3 \n"
        "adr     r5, 1f \n"
        "add     r4, r5, r4, lsl #6 \n" /* 16 instructions of four bytes per quad that the first round leaves out */
        "mov     pc, r4 \n"
        ".balign 4 \n"
        "1: \n"
        ".rept   8 \n"
        "ldr     r4, [r1], #4 \n"
        "ldm     r0!, {r5-r8} \n"
        "sxtb16  lr, r4, ror #8 \n"
        "sxtb16  r4, r4 \n"
        MULTIPLY("r5", "r4", "r9", "r10")
        MULTIPLY("r6", "lr", "r9", "r10")
        MULTIPLY("r7", "r4", "r11", "r12")
        MULTIPLY("r8", "lr", "r11", "r12")
        ".endr \n"
        "subs    r2, r2, #1 \n"
        "bne     1b \n"
        "stm     r3, {r9-r12} \n"
        "pop     {r4-r11, pc} \n");
}
/* clang-format on */

#else

/* acc (256 * A + B and B of two pairs) += the dot products of `quads` times four taps; the end of the words. */
static const int32_t *dot_four(const int32_t *words, const int8_t *input, int32_t quads, int32_t acc[4]) {
    for (int32_t i = 0; i < quads; ++i) {
        const uint32_t four = bw_load32(input + 4 * i);
        for (int32_t j = 0; j < 4; ++j) {
            const uint32_t word = (uint32_t)*words++, taps = j % 2 == 0 ? bw_sxtb16(four) : bw_sxtb16_ror8(four);
            acc[j & 2] = bw_smlad(word, taps, acc[j & 2]);
            acc[(j & 2) + 1] = bw_smlad(bw_sxtb16(word), taps, acc[(j & 2) + 1]);
        }
    }
    return words;
}

#endif

/* acc += the dot products of one pair with a word of four taps. */
static void dot_pair(const int32_t *words, uint32_t four, int32_t acc[2]) {
    const uint32_t low = (uint32_t)words[0], high = (uint32_t)words[1];
    acc[0] = bw_smlad(low, bw_sxtb16(four), acc[0]);
    acc[1] = bw_smlad(bw_sxtb16(low), bw_sxtb16(four), acc[1]);
    acc[0] = bw_smlad(high, bw_sxtb16_ror8(four), acc[0]);
    acc[1] = bw_smlad(bw_sxtb16(high), bw_sxtb16_ror8(four), acc[1]);
}

static void begin(const int32_t *head, int32_t acc[2]) {
    acc[0] = bw_pair_bias(head);
    acc[1] = bw_second_bias(head);
}

static void finish(const int32_t *head, const int32_t acc[2], int32_t offset, int32_t units, int8_t *output) {
    output[0] = bw_requantize_pair(bw_first_doubled(acc[0], acc[1]), head[2], head[0], offset);
    if (units > 1) {
        output[1] = bw_requantize_pair((int32_t)((uint32_t)acc[1] << 1), head[3], head[1], offset);
    }
}

/* The taps after the last whole word of a row. */
static uint32_t tail_of(const int8_t *from, int32_t taps) {
    uint32_t word = 0;
    for (int32_t i = 0; i < taps; ++i) {
        word |= (uint32_t)(uint8_t)from[i] << 8 * i;
    }
    return word;
}

static void row(const bw_fully_connected_s8_four_params *p, const int8_t *input, int8_t *output) {
    const int32_t quads = p->depth / 4, taps = p->depth % 4, offset = 2 * p->output_zero_point + 1;
    const uint32_t tail = tail_of(input + 4 * quads, taps);
    const int32_t *words = p->pairs;
    int32_t acc[4];
    int32_t unit = 0;
    for (; unit + 2 < p->units; unit += 4) {
        const int32_t *const head = words;
        words += 8;
        begin(head, acc);
        begin(head + 4, acc + 2);
        if (quads > 0) {
            words = dot_four(words, input, quads, acc);
        }
        if (taps > 0) {
            dot_pair(words, tail, acc);
            dot_pair(words + 2, tail, acc + 2);
            words += 4;
        }
        finish(head, acc, offset, 2, output + unit);
        finish(head + 4, acc + 2, offset, p->units - unit - 2, output + unit + 2);
    }
    if (unit < p->units) {
        begin(words, acc);
        for (int32_t i = 0; i < quads; ++i) {
            dot_pair(words + 4 + 2 * i, bw_load32(input + 4 * i), acc);
        }
        if (taps > 0) {
            dot_pair(words + 4 + 2 * quads, tail, acc);
        }
        finish(words, acc, offset, p->units - unit, output + unit);
    }
}

void bw_fully_connected_s8_four(const bw_fully_connected_s8_four_params *p, const int8_t *input, int8_t *output) {
    for (int32_t i = 0; i < p->rows; ++i) {
        row(p, input, output);
        bw_clamp_run(output, p->units, p->low, p->high);
        input += p->depth;
        output += p->units;
    }
}
