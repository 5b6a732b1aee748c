/* What the kernels of woven columns share, as assembly text for Armv6-M. */
#ifndef BW_WOVEN_ASM_H
#define BW_WOVEN_ASM_H

/* clang-format off */

/* bw_unweave of two words, bias (r7) added, to r3, r4 and r5. */
#define BW_UNWEAVE(first, second) \
    "mov     r4, " first " \n" \
    "mov     r5, " second " \n" \
    "lsls    r3, r5, #11 \n" \
    "subs    r3, r4, r3 \n" \
    "lsls    r3, r3, #10 \n" \
    "asrs    r3, r3, #10 \n" \
    "subs    r4, r4, r3 \n" \
    "asrs    r4, r4, #11 \n" \
    "subs    r5, r5, r4 \n" \
    "asrs    r5, r5, #11 \n" \
    "adds    r3, r3, r7 \n" \
    "adds    r4, r4, r7 \n" \
    "adds    r5, r5, r7 \n"

/* From a head in r1 and a multiplier in r2: r8 and r9 the multiplier's halves, r10 the shift, r12 2^15. */
#define BW_REQUANTIZE_BEGIN \
    "uxth    r3, r2 \n" \
    "mov     r8, r3 \n" \
    "asrs    r2, r2, #16 \n" \
    "mov     r9, r2 \n" \
    "uxtb    r1, r1 \n" \
    "mov     r10, r1 \n" \
    "movs    r3, #128 \n" \
    "lsls    r3, r3, #8 \n" \
    "mov     r12, r3 \n"

/* bw_requantize_16 of the sums from r0 to r7 to bytes from r1 on, r6 apart; r11 is the offset. Two labels. */
#define BW_REQUANTIZE_RUN(next, inside) \
    next ": \n" \
    "ldmia   r0!, {r2} \n" \
    "lsls    r2, r2, #1 \n" \
    "sxth    r3, r2 \n" \
    "subs    r2, r2, r3 \n" \
    "asrs    r2, r2, #16 \n" \
    "mov     r4, r8 \n" \
    "mov     r5, r4 \n" \
    "muls    r5, r3, r5 \n" \
    "asrs    r5, r5, #16 \n" \
    "muls    r4, r2, r4 \n" \
    "adds    r4, r4, r5 \n" \
    "mov     r5, r9 \n" \
    "muls    r3, r5, r3 \n" \
    "adds    r4, r4, r3 \n" \
    "add     r4, r12 \n" \
    "asrs    r4, r4, #16 \n" \
    "muls    r2, r5, r2 \n" \
    "adds    r2, r2, r4 \n" \
    "asrs    r4, r2, #31 \n" \
    "adds    r2, r2, r4 \n" \
    "mov     r4, r10 \n" \
    "asrs    r2, r2, r4 \n" \
    "add     r2, r11 \n" \
    "asrs    r2, r2, #1 \n" \
    "sxtb    r4, r2 \n" \
    "cmp     r4, r2 \n" \
    "beq     " inside "f \n" \
    "asrs    r2, r2, #31 \n" \
    "movs    r4, #127 \n" \
    "eors    r2, r2, r4 \n" \
    inside ": \n" \
    "strb    r2, [r1] \n" \
    "adds    r1, r1, r6 \n" \
    "cmp     r0, r7 \n" \
    "bne     " next "b \n"

/* clang-format on */

#endif /* BW_WOVEN_ASM_H */
