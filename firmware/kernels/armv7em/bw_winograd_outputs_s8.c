#include "bw_winograd_outputs_s8.h"

#include "bw_dsp.h"
#include "bw_pairs_s8.h"

#ifdef __ARM_FEATURE_DSP

#define UNUSED __attribute__((unused))

/* clang-format off */

/* Two tiles' sums of a position, and what is done with them. */
#define LOAD(a, b, position) "ldrd    " a ", " b ", [r0, #32*" #position "] \n"
#define ADD(y, z, a, b) "add     " y ", " y ", " a " \n add     " z ", " z ", " b " \n"
#define SUB(y, z, a, b) "sub     " y ", " y ", " a " \n sub     " z ", " z ", " b " \n"
/* y doubled, less a. */
#define TWICE(y, z, a, b) "rsb     " y ", " a ", " y ", lsl #1 \n rsb     " z ", " b ", " z ", lsl #1 \n"

/* A'MA of two tiles at r0: y00 in r6 and r7, y01 in r4 and r5, y10 in r8 and r9, y11 in r2 and r3. */
#define OUTPUTS \
    LOAD("r2", "r3", 0) \
    LOAD("r4", "r5", 1) \
    LOAD("r6", "r7", 2) \
    "sub     r8, r2, r6 \n" \
    "sub     r9, r3, r7 \n" \
    SUB("r2", "r3", "r4", "r5") \
    ADD("r2", "r3", "r6", "r7") \
    LOAD("r6", "r7", 4) ADD("r8", "r9", "r6", "r7") \
    LOAD("r10", "r11", 8) TWICE("r8", "r9", "r10", "r11") \
    LOAD("r6", "r7", 7) SUB("r2", "r3", "r6", "r7") \
    LOAD("r10", "r11", 10) ADD("r2", "r3", "r10", "r11") \
    LOAD("r6", "r7", 13) SUB("r4", "r5", "r6", "r7") \
    LOAD("r10", "r11", 3) TWICE("r2", "r3", "r10", "r11") TWICE("r4", "r5", "r10", "r11") \
    LOAD("r6", "r7", 6) ADD("r2", "r3", "r6", "r7") \
    LOAD("r10", "r11", 11) SUB("r2", "r3", "r10", "r11") \
    LOAD("r6", "r7", 9) ADD("r4", "r5", "r6", "r7") \
    LOAD("r10", "r11", 14) ADD("r4", "r5", "r10", "r11") \
    LOAD("r6", "r7", 5) \
    LOAD("r10", "r11", 12) SUB("r6", "r7", "r10", "r11") \
    LOAD("r10", "r11", 15) ADD("r6", "r7", "r10", "r11")

/* One of both tiles; where there is no second row or column, its outputs are overwritten at once. */
#define STORE(y00, y01, y10, y11) \
    "ldm     r1!, {r10-r12} \n" \
    "add     r10, r10, lr \n" \
    "add     r11, r10, r11 \n" \
    "strb    " y11 ", [r11, r12] \n" \
    "strb    " y10 ", [r11] \n" \
    "strb    " y01 ", [r10, r12] \n" \
    "strb    " y00 ", [r10] \n"

/* Twice, while r0 has not come to the sums at sp + 4. */
#define FINISH \
    "ldrd    lr, r12, [sp] \n" /* channel */ \
    "add     r0, r0, #8 \n" \
    "cmp     r0, r12 \n" \
    STORE("r6", "r4", "r8", "r2") \
    STORE("r7", "r5", "r9", "r3") \
    "bne     1b \n"

#define RECTIFY(y) \
    "smmla   " y ", " y ", r10, r11 \n" \
    "ssat    " y ", #8, " y ", asr #10 \n"

/* Frame: 0 channel, 4 end of sums, 8 multiplier, 12 offset. */
__attribute__((naked, noinline)) void bw_winograd_rectified_s8(UNUSED const int32_t *sums,
                                                               UNUSED const bw_winograd_tile *tiles,
                                                               UNUSED const int32_t *head, UNUSED int32_t channel) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "ldrd    r6, r7, [r2] \n"
        "mov     r4, r3 \n"
        "add     r5, r0, #16 \n"
        "push    {r4-r7} \n"
        "1: \n"
        OUTPUTS
        "ldrd    r10, r11, [sp, #8] \n"
        RECTIFY("r2") RECTIFY("r3") RECTIFY("r4") RECTIFY("r5")
        RECTIFY("r6") RECTIFY("r7") RECTIFY("r8") RECTIFY("r9")
        FINISH
        "add     sp, sp, #16 \n"
        "pop     {r4-r11, pc} \n");
}

/* bw_requantize_pair of bw_pairs_s8.h. */
#define ROUND(y) \
    "asr     " y ", " y ", #1 \n" \
    "smmlar  lr, " y ", r10, r11 \n" \
    "add     lr, lr, " y ", asr #31 \n" \
    "asr     lr, lr, r12 \n" \
    "ssat    " y ", #8, lr, asr #1 \n"

/* Frame: 0 channel, 4 end of sums, 8 multiplier, 12 offset << shift, 16 shift. */
__attribute__((naked, noinline)) void bw_winograd_rounded_s8(UNUSED const int32_t *sums,
                                                             UNUSED const bw_winograd_tile *tiles,
                                                             UNUSED const int32_t *head, UNUSED int32_t channel,
                                                             UNUSED int32_t offset) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "ldrd    r6, r8, [r2] \n"
        "ldr     r7, [sp, #36] \n"
        "mov     r4, r3 \n"
        "add     r5, r0, #16 \n"
        "lsl     r7, r7, r8 \n"
        "push    {r4-r8} \n"
        "1: \n"
        OUTPUTS
        "add     r12, sp, #8 \n"
        "ldm     r12, {r10-r12} \n"
        ROUND("r2") ROUND("r3") ROUND("r4") ROUND("r5")
        ROUND("r6") ROUND("r7") ROUND("r8") ROUND("r9")
        FINISH
        "add     sp, sp, #20 \n"
        "pop     {r4-r11, pc} \n");
}
/* clang-format on */

#else

/* A tile's accumulators times four, by row and column. */
typedef struct {
    int32_t y00, y01, y10, y11;
} outputs;

static uint32_t at(const int32_t *sums, int32_t position) { return (uint32_t)sums[2 * BW_TILES * position]; }

/* A'MA, from sums that each include those before. */
static outputs outputs_of(const int32_t *s) {
    const uint32_t s0 = at(s, 0), s1 = at(s, 1), s2 = at(s, 2), s3 = at(s, 3);
    const outputs y = {
        (int32_t)(at(s, 5) - at(s, 12) + at(s, 15)),
        (int32_t)(2 * (s1 - at(s, 13)) - s3 + at(s, 9) + at(s, 14)),
        (int32_t)(2 * (s0 - s2 + at(s, 4)) - at(s, 8)),
        (int32_t)(2 * (s0 - s1 + s2 - at(s, 7) + at(s, 10)) - s3 + at(s, 6) - at(s, 11)),
    };
    return y;
}

/* Where there is no second row or column, its outputs are overwritten at once. */
#define STORE(tile, channel, y, requantize)                                                                            \
    do {                                                                                                               \
        int8_t *const to = (tile)->to + (channel);                                                                     \
        to[(tile)->row + (tile)->column] = requantize((y).y11);                                                        \
        to[(tile)->row] = requantize((y).y10);                                                                         \
        to[(tile)->column] = requantize((y).y01);                                                                      \
        to[0] = requantize((y).y00);                                                                                   \
    } while (0)

void bw_winograd_rectified_s8(const int32_t *sums, const bw_winograd_tile *tiles, const int32_t *head,
                              int32_t channel) {
    const int32_t multiplier = head[0], offset = head[1];
    for (int32_t i = 0; i < BW_TILES; ++i) {
        const outputs y = outputs_of(sums + i);
#define RECTIFY(acc) bw_rectify(acc, multiplier, offset)
        STORE(&tiles[i], channel, y, RECTIFY);
    }
}

void bw_winograd_rounded_s8(const int32_t *sums, const bw_winograd_tile *tiles, const int32_t *head, int32_t channel,
                            int32_t offset) {
    const int32_t multiplier = head[0], shift = head[1];
    for (int32_t i = 0; i < BW_TILES; ++i) {
        const outputs y = outputs_of(sums + i);
#define ROUND(acc)   bw_requantize_pair((acc) >> 1, multiplier, shift, offset)
        STORE(&tiles[i], channel, y, ROUND);
    }
}

#endif
