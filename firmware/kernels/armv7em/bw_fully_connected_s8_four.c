#include "bw_fully_connected_s8_four.h"

#include "bw_pairs_s8.h"

/* What all units of a row share; the tail has the taps after the last whole word of the row. */
typedef struct {
    int32_t quads, offset, taps;
    uint32_t tail;
} row_shape;

#ifdef __ARM_FEATURE_DSP

#define UNUSED __attribute__((unused))

/* clang-format off */

/* A word of weights times two taps: 256 * A + B, and B. */
#define MULTIPLY(word, taps, both, second) \
    "smlad   " both ", " word ", " taps ", " both " \n" \
    "sxtb16  " word ", " word " \n" \
    "smlad   " second ", " word ", " taps ", " second " \n"

/* Four taps in r4 times two pairs: 15 instructions of four bytes, the size is relied on below. */
#define FOUR_TAPS \
    "ldm     r0!, {r5-r8} \n" \
    "sxtb16  lr, r4, ror #8 \n" \
    "sxtb16  r4, r4 \n" \
    MULTIPLY("r5", "r4", "r9", "r10") \
    MULTIPLY("r6", "lr", "r9", "r10") \
    MULTIPLY("r7", "r4", "r11", "r12") \
    MULTIPLY("r8", "lr", "r11", "r12")

/* Both sums of a pair begin with the biases of its head. */
#define BEGIN(both, second) \
    "asr     " second ", " second ", #8 \n" \
    "bic     " both ", " both ", #255 \n" \
    "add     " both ", " both ", " second " \n"

/* bw_requantize_pair of the doubled sum in `acc`. */
#define REQUANTIZE(acc, head, multiplier) \
    "lsl     lr, r8, " head " \n" \
    "smmlar  lr, " acc ", " multiplier ", lr \n" \
    "add     lr, lr, " acc ", asr #31 \n" \
    "asr     lr, lr, " head " \n" \
    "ssat    lr, #8, lr, asr #1 \n" \
    "strb    lr, [r2], #1 \n"
#define FIRST(both, second) \
    "sub     " both ", " both ", " second " \n" \
    "asr     " both ", " both ", #7 \n" \
    REQUANTIZE(both, "r4", "r6")
#define SECOND(second) \
    "lsl     " second ", " second ", #1 \n" \
    REQUANTIZE(second, "r5", "r7")

/* The results of three or four units at a time, up to the address `end`; the end of their words. All registers are
 * taken: the function is assembly as a whole, its arguments in r0 to r3 (AAPCS) and on the stack.
 * Frame: 0 input, 4 rounds of 32 taps, 8 where the first round enters its code, 12 output, 16 end, 20 offset, 24 taps,
 * 28 tail, 32 head. */
__attribute__((naked, noinline)) static const int32_t *fours(UNUSED const int32_t *words, UNUSED const int8_t *input,
                                                             UNUSED int8_t *output, UNUSED const int8_t *end,
                                                             UNUSED const row_shape *shape) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "ldr     r8, [sp, #36] \n"
        "sub     sp, sp, #36 \n"
        "ldm     r8, {r4-r7} \n" /* quads, offset, taps, tail */
        "strd    r2, r3, [sp, #12] \n"
        "add     r8, sp, #20 \n"
        "stm     r8, {r5-r7} \n"
        "add     r2, r4, #7 \n"
        "lsr     r2, r2, #3 \n"
        "rsb     r5, r4, #0 \n"
        "and     r5, r5, #7 \n"
        "adr     r3, 2f \n"
        "add     r3, r3, r5, lsl #6 \n" /* 16 instructions of four bytes that the first round leaves out */
        "cmp     r4, #0 \n"
        "bne     0f \n"
        "adr     r3, 3f \n"
        "0: \n"
        "orr     r3, r3, #1 \n"
        "strd    r1, r2, [sp] \n"
        "str     r3, [sp, #8] \n"

        "1: \n"
        "ldrd    r9, r10, [r0] \n"
        "ldrd    r11, r12, [r0, #16] \n"
        "str     r0, [sp, #32] \n"
        "add     r0, r0, #32 \n"
        BEGIN("r9", "r10")
        BEGIN("r11", "r12")
        "ldrd    r1, r2, [sp] \n"
        "ldr     pc, [sp, #8] \n"
        ".balign 4 \n"
        "2: \n"
        ".rept   8 \n"
        "ldr     r4, [r1], #4 \n"
        FOUR_TAPS
        ".endr \n"
        "subs    r2, r2, #1 \n"
        "bne     2b \n"
        "3: \n"
        "ldrd    r5, r4, [sp, #24] \n"
        "cbz     r5, 4f \n"
        FOUR_TAPS
        "4: \n"
        "ldr     r1, [sp, #32] \n"
        "ldrd    r2, r3, [sp, #12] \n"
        "ldr     r8, [sp, #20] \n"
        "ldm     r1!, {r4-r7} \n"
        FIRST("r9", "r10")
        SECOND("r10")
        "ldm     r1, {r4-r7} \n"
        FIRST("r11", "r12")
        "cmp     r2, r3 \n"
        "beq     5f \n" /* three units */
        SECOND("r12")
        "str     r2, [sp, #12] \n"
        "cmp     r2, r3 \n"
        "bne     1b \n"
        "5: \n"
        "add     sp, sp, #36 \n"
        "pop     {r4-r11, pc} \n");
}
/* clang-format on */

#endif

/* The sums of one pair and four taps more. */
static void dot_pair(const int32_t *words, uint32_t four, int32_t acc[2]) {
    const uint32_t low = (uint32_t)words[0], high = (uint32_t)words[1];
    acc[0] = bw_smlad(low, bw_sxtb16(four), acc[0]);
    acc[1] = bw_smlad(bw_sxtb16(low), bw_sxtb16(four), acc[1]);
    acc[0] = bw_smlad(high, bw_sxtb16_ror8(four), acc[0]);
    acc[1] = bw_smlad(bw_sxtb16(high), bw_sxtb16_ror8(four), acc[1]);
}

/* The results of one or two units; their words lie `step` words apart per four taps. */
static void pair(const int32_t *head, const int32_t *words, int32_t step, const int8_t *input, const row_shape *shape,
                 int32_t units, int8_t *output) {
    int32_t acc[2] = {bw_pair_bias(head), bw_second_bias(head)};
    for (int32_t i = 0; i < shape->quads; ++i) {
        dot_pair(words, bw_load32(input + 4 * i), acc);
        words += step;
    }
    if (shape->taps > 0) {
        dot_pair(words, shape->tail, acc);
    }
    output[0] = bw_requantize_pair(bw_first_doubled(acc[0], acc[1]), head[2], head[0], shape->offset);
    if (units > 1) {
        output[1] = bw_requantize_pair((int32_t)((uint32_t)acc[1] << 1), head[3], head[1], shape->offset);
    }
}

#ifndef __ARM_FEATURE_DSP

static const int32_t *fours(const int32_t *words, const int8_t *input, int8_t *output, const int8_t *end,
                            const row_shape *shape) {
    for (; output < end; output += 4) {
        const int32_t left = (int32_t)(end - output);
        pair(words, words + 8, 4, input, shape, 2, output);
        pair(words + 4, words + 10, 4, input, shape, left - 2, output + 2);
        words += 8 + 4 * (shape->quads + (shape->taps > 0));
    }
    return words;
}

#endif

/* The taps after the last whole word of a row. */
static uint32_t tail_of(const int8_t *from, int32_t taps) {
    uint32_t word = 0;
    for (int32_t i = 0; i < taps; ++i) {
        word |= (uint32_t)(uint8_t)from[i] << 8 * i;
    }
    return word;
}

static void row(const bw_fully_connected_s8_four_params *p, const int8_t *input, int8_t *output) {
    const int32_t quads = p->depth / 4, taps = p->depth % 4;
    const row_shape shape = {quads, 2 * p->output_zero_point + 1, taps, tail_of(input + 4 * quads, taps)};
    const int32_t alone = p->units % 4 == 3 ? 0 : p->units % 4;
    int8_t *const end = output + p->units - alone;
    const int32_t *words = p->pairs;
    if (output < end) {
        words = fours(words, input, output, end, &shape);
    }
    if (alone > 0) {
        pair(words, words + 4, 2, input, &shape, alone, end);
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
