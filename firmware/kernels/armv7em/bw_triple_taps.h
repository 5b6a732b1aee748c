/* The inner loop of the micro-kernels that multiply channel pairs (bw_pairs_s8.h) by three columns, as assembly text.
 */
#ifndef BW_TRIPLE_TAPS_H
#define BW_TRIPLE_TAPS_H

#define UNUSED __attribute__((unused))

/* clang-format off */

/* Two taps of both channels (r4 to r6: 256 * A + B, r7 to r9: B) times three columns. */
#define TWO_TAPS(word) \
    "ldm     r1!, {r2, r3, r12} \n" \
    "smlad   r4, " word ", r2, r4 \n" \
    "smlad   r5, " word ", r3, r5 \n" \
    "smlad   r6, " word ", r12, r6 \n" \
    "sxtb16  " word ", " word " \n" \
    "smlad   r7, " word ", r2, r7 \n" \
    "smlad   r8, " word ", r3, r8 \n" \
    "smlad   r9, " word ", r12, r9 \n"

/* 17 instructions of four bytes each: the size is relied on below. */
#define FOUR_TAPS "ldm r0!, {r10, r11} \n" TWO_TAPS("r10") TWO_TAPS("r11")

/* The first four taps: the first channel's sums begin at r4, the second one's as `second_channel` says. */
#define FIRST_FOUR_TAPS(second_channel) \
    "ldm     r0!, {r10, r11} \n" \
    "ldm     r1!, {r2, r3, r12} \n" \
    "smlad   r5, r10, r3, r4 \n" \
    "smlad   r6, r10, r12, r4 \n" \
    "smlad   r4, r10, r2, r4 \n" \
    "sxtb16  r10, r10 \n" \
    second_channel \
    TWO_TAPS("r11")

/* From the quads in r4: rounds of 32 further taps in r8, and in r9 where the first round enters label 2; label 4 where
 * there is none. */
#define ROUNDS \
    "subs    r4, r4, #1 \n" \
    "add     r8, r4, #7 \n" \
    "lsr     r8, r8, #3 \n" \
    "rsb     r4, r4, #0 \n" \
    "and     r4, r4, #7 \n" \
    "mov     r9, #68 \n" \
    "mul     r4, r4, r9 \n" \
    "adr     r9, 2f \n" \
    "add     r9, r9, r4 \n" \
    "bne     5f \n" \
    "adr     r9, 4f \n" \
    "5: \n" \
    "orr     r9, r9, #1 \n"

/* All further taps: entered by a jump into the first of lr rounds. */
#define TAPS \
    ".balign 4 \n" \
    "2: \n" \
    ".rept   8 \n" FOUR_TAPS ".endr \n" \
    "subs    lr, lr, #1 \n" \
    "bne     2b \n" \
    "4: \n"

/* clang-format on */

#endif /* BW_TRIPLE_TAPS_H */
