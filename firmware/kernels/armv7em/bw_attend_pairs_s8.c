/* Cost: 17 instructions per 16 products with keys and 19 per four scores, 25 per 16 products with values. */
#include "bw_attend_pairs_s8.h"

#include "bw_dsp.h"

void bw_attend_pair_words(const int8_t *first, const int8_t *second, int32_t zero_point, int32_t depth,
                          uint32_t *words) {
    const uint32_t minus = (uint32_t)(-zero_point & 0xFFFF) * 0x10001U;
    for (; depth >= 4; depth -= 4, first += 4, second += 4, words += 4) {
        const uint32_t a = bw_load32(first), b = bw_load32(second);
        words[0] = bw_sxtab16(minus, a), words[1] = bw_sxtab16_ror8(minus, a);
        words[2] = bw_sxtab16(minus, b), words[3] = bw_sxtab16_ror8(minus, b);
    }
    int16_t *last = (int16_t *)words;
    for (int32_t i = 0; i < depth; ++i, last += 2) {
        last[0] = (int16_t)(first[i] - zero_point), last[1] = (int16_t)(second[i] - zero_point);
    }
}

#ifdef __ARM_FEATURE_DSP

#define BW_UNUSED __attribute__((unused))

/* clang-format off */
#define KEY(load, first, second) \
    "ldr     lr, " load " \n" \
    "sxtb16  r12, lr \n" \
    "sxtb16  lr, lr, ror #8 \n" \
    "smlad   " first ", r8, r12, " first " \n" \
    "smlad   " first ", r9, lr, " first " \n" \
    "smlad   " second ", r10, r12, " second " \n" \
    "smlad   " second ", r11, lr, " second " \n"

/* Two keys at a time, `twos` times. Frame: 0 words, 40 twos, 44 scores, 48 bytes from one row of scores to the next. */
__attribute__((naked, noinline)) static void two_keys(BW_UNUSED const uint32_t *words, BW_UNUSED const uint32_t *end,
                                                      BW_UNUSED const int8_t *keys, BW_UNUSED int32_t stride,
                                                      BW_UNUSED int32_t twos, BW_UNUSED int32_t *scores,
                                                      BW_UNUSED int32_t bytes) {
    __asm__ volatile(
        "push    {r0, r4-r11, lr} \n"
        "1: \n"
        "mov     r4, #0 \n"
        "mov     r5, #0 \n"
        "mov     r6, #0 \n"
        "mov     r7, #0 \n"
        "2: \n"
        "ldm     r0!, {r8-r11} \n"
        KEY("[r2, r3]", "r5", "r7")
        KEY("[r2], #4", "r4", "r6")
        "cmp     r0, r1 \n"
        "bne     2b \n"
        "ldrd    r12, lr, [sp, #44] \n"
        "add     lr, lr, r12 \n"
        "strd    r4, r5, [r12], #8 \n"
        "strd    r6, r7, [lr] \n" /* last, for with one key the rows are neighbours */
        "ldr     r0, [sp] \n"
        "sub     r8, r1, r0 \n" /* four bytes per tap */
        "sub     r2, r2, r8, asr #2 \n"
        "add     r2, r2, r3, lsl #1 \n"
        "ldr     r8, [sp, #40] \n"
        "subs    r8, r8, #1 \n"
        "strd    r8, r12, [sp, #40] \n"
        "bne     1b \n"
        "pop     {r0, r4-r11, pc} \n");
}

/* Two values in a turn, the first query's weights in r0, values in r1. Frame: 0 stride, 4 bytes from the first query's
 * weights to the second one's, 8 those less four, 12 the weights' end, 52 bytes, 56 sums of the first, 60 of the
 * second. */
#define TWO_VALUES \
    "ldr     r12, [sp] \n" \
    "ldr     r2, [r1] \n" \
    "ldr     r3, [r1, r12] \n" \
    "add     r1, r1, r12, lsl #1 \n" \
    "pkhbt   r12, r2, r3, lsl #16 \n" \
    "pkhtb   r3, r3, r2, asr #16 \n" \
    "sxtb16  r2, r12 \n" \
    "sxtb16  r12, r12, ror #8 \n" \
    "ldr     lr, [sp, #4] \n" \
    "ldr     lr, [r0, lr] \n" \
    "smlad   r8, lr, r2, r8 \n" \
    "smlad   r9, lr, r12, r9 \n" \
    "ldr     lr, [r0], #4 \n" \
    "smlad   r4, lr, r2, r4 \n" \
    "smlad   r5, lr, r12, r5 \n" \
    "sxtb16  r2, r3 \n" \
    "sxtb16  r3, r3, ror #8 \n" \
    "smlad   r6, lr, r2, r6 \n" \
    "smlad   r7, lr, r3, r7 \n" \
    "ldr     r12, [sp, #8] \n" \
    "ldr     r12, [r0, r12] \n" \
    "smlad   r10, r12, r2, r10 \n" \
    "smlad   r11, r12, r3, r11 \n"

/* Sums of four elements over 2 * twos values, two turns at a time, of which an odd number begins with the second. */
__attribute__((naked, noinline)) static void two_values(BW_UNUSED const int16_t *weights, BW_UNUSED const int8_t *values,
                                                        BW_UNUSED int32_t stride, BW_UNUSED int32_t twos,
                                                        BW_UNUSED int32_t bytes, BW_UNUSED int32_t *first,
                                                        BW_UNUSED int32_t *second) {
    __asm__ volatile(
        "push    {r4-r11, lr} \n"
        "sub     sp, sp, #16 \n"
        "ldr     r12, [sp, #52] \n"
        "strd    r2, r12, [sp] \n"
        "sub     r12, r12, #4 \n"
        "add     r2, r0, r3, lsl #2 \n"
        "strd    r12, r2, [sp, #8] \n"
        "mov     r4, #0 \n"
        "mov     r5, #0 \n"
        "mov     r6, #0 \n"
        "mov     r7, #0 \n"
        "mov     r8, #0 \n"
        "mov     r9, #0 \n"
        "mov     r10, #0 \n"
        "mov     r11, #0 \n"
        "tst     r3, #1 \n"
        "bne     2f \n"
        "1: \n"
        TWO_VALUES
        "2: \n"
        TWO_VALUES
        "ldr     r2, [sp, #12] \n"
        "cmp     r0, r2 \n"
        "bne     1b \n"
        "ldrd    r2, r3, [sp, #56] \n"
        "stm     r2, {r4-r7} \n"
        "stm     r3, {r8-r11} \n"
        "add     sp, sp, #16 \n"
        "pop     {r4-r11, pc} \n");
}
/* clang-format on */

#else

static void two_keys(const uint32_t *words, const uint32_t *end, const int8_t *keys, int32_t stride, int32_t twos,
                     int32_t *scores, int32_t bytes) {
    for (int32_t j = 0; j < 2 * twos; ++j, keys += stride) {
        int32_t a = 0, b = 0;
        for (const uint32_t *q = words; q < end; q += 4) {
            const uint32_t key = bw_load32(keys + (q - words)), even = bw_sxtb16(key), odd = bw_sxtb16_ror8(key);
            a = bw_smlad(q[1], odd, bw_smlad(q[0], even, a));
            b = bw_smlad(q[3], odd, bw_smlad(q[2], even, b));
        }
        scores[j] = a;
        scores[j + bytes / 4] = b;
    }
}

static void two_values(const int16_t *weights, const int8_t *values, int32_t stride, int32_t twos, int32_t bytes,
                       int32_t *first, int32_t *second) {
    for (int32_t i = 0; i < 4; ++i) {
        first[i] = second[i] = 0;
        for (int32_t j = 0; j < 2 * twos; ++j) {
            first[i] += weights[j] * values[j * stride + i];
            second[i] += weights[j + bytes / 2] * values[j * stride + i];
        }
    }
}

#endif

void bw_attend_pair_scores_s8(const uint32_t *words, const int8_t *keys, int32_t stride, int32_t count, int32_t depth,
                              int32_t *scores, int32_t apart) {
    const int32_t whole = depth & ~3, twos = whole > 0 ? count / 2 : 0;
    const int16_t *const last = (const int16_t *)(words + whole);
    if (whole == 0) {
        memset(scores, 0, 4U * (uint32_t)count);
        memset(scores + apart, 0, 4U * (uint32_t)count);
    }
    if (twos > 0) {
        two_keys(words, words + whole, keys, stride, twos, scores, 4 * apart);
    }
    if (whole > 0 && count & 1) { /* the last key with the one before it, or twice */
        const int32_t from = count > 1 ? count - 2 : 0;
        two_keys(words, words + whole, keys + from * stride, count > 1 ? stride : 0, 1, scores + from, 4 * apart);
    }
    for (int32_t j = 0; j < count && whole < depth; ++j, keys += stride) {
        for (int32_t i = 0; i < depth - whole; ++i) {
            scores[j] += last[2 * i] * keys[whole + i];
            scores[apart + j] += last[2 * i + 1] * keys[whole + i];
        }
    }
}

void bw_attend_pair_values_s8(const int16_t *weights, int32_t apart, const int8_t *values, int32_t stride,
                              int32_t count, int32_t depth, int32_t *sums) {
    const int32_t twos = count / 2;
    for (int32_t i = 0, some; i < depth; i += some, values += some, sums += some) {
        int32_t *const second = sums + depth;
        int32_t from = 0;
        some = depth - i < 4 ? 1 : 4;
        if (some == 4 && twos > 0) {
            two_values(weights, values, stride, twos, 2 * apart, sums, second);
            from = 2 * twos;
        } else {
            memset(sums, 0, 4U * (uint32_t)some);
            memset(second, 0, 4U * (uint32_t)some);
        }
        for (int32_t j = from; j < count; ++j) {
            for (int32_t k = 0; k < some; ++k) {
                sums[k] += weights[j] * values[j * stride + k];
                second[k] += weights[apart + j] * values[j * stride + k];
            }
        }
    }
}
