/* Products of rows and a column by SMLAD, four rows and four values of the column at a time: 21 instructions for 16
 * products, and 2 for every 32.
 */
#include "bw_rows_s8.h"

#include "bw_dsp.h"

/* Four weights times four values. */
static int32_t four_taps(const int8_t *weights, const uint32_t *x, int32_t sum) {
    const uint32_t four = bw_load32(weights);
    sum = bw_smlad(bw_sxtb16(four), x[0], sum);
    return bw_smlad(bw_sxtb16_ror8(four), x[1], sum);
}

#ifdef __ARM_FEATURE_DSP

/* clang-format off */

#define TIMES(sum) \
    "sxtb16 %[u], %[t] \n" \
    "smlad  " sum ", %[u], %[x0], " sum " \n" \
    "sxtb16 %[t], %[t], ror #8 \n" \
    "smlad  " sum ", %[t], %[x1], " sum " \n"
#define FOUR_TAPS \
    "ldrd   %[x0], %[x1], [%[x]], #8 \n" \
    "ldr    %[t], [%[w], %[depth]] \n" TIMES("%[b]") \
    "ldr    %[t], [%[v], %[depth]] \n" TIMES("%[d]") \
    "ldr    %[t], [%[w]], #4 \n" TIMES("%[a]") \
    "ldr    %[t], [%[v]], #4 \n" TIMES("%[c]")

/* At least one column's word pair; two rounds in a turn, of which an odd number begins with the second. */
static void four_rows(const int8_t *weights, const uint32_t *x, int32_t depth, const int32_t *bias, int32_t *sums) {
    const int8_t *third = weights + 2 * depth;
    const uint32_t *const end = x + depth / 2;
    int32_t a = bias[0], b = bias[1], c = bias[2], d = bias[3];
    uint32_t x0, x1, t, u;
    __asm__ volatile(
        "tst    %[depth], #4 \n"
        "bne    2f \n"
        "1: \n"
        FOUR_TAPS
        "2: \n"
        FOUR_TAPS
        "cmp    %[x], %[end] \n"
        "bne    1b \n"
        : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [w] "+r"(weights), [v] "+r"(third), [x] "+r"(x),
          [x0] "=&r"(x0), [x1] "=&r"(x1), [t] "=&r"(t), [u] "=&r"(u)
        : [depth] "r"(depth), [end] "r"(end)
        : "cc", "memory");
    sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}

/* clang-format on */

#else

static void four_rows(const int8_t *weights, const uint32_t *x, int32_t depth, const int32_t *bias, int32_t *sums) {
    for (int32_t row = 0; row < 4; ++row) {
        sums[row] = bias[row];
        for (int32_t i = 0; i < depth; i += 4) {
            sums[row] = four_taps(weights + row * depth + i, x + i / 2, sums[row]);
        }
    }
}

#endif

void bw_rows_s16(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                 int32_t *sums) {
    for (; rows >= 4; rows -= 4, weights += 4 * depth, bias += 4, sums += 4) {
        four_rows(weights, column, depth, bias, sums);
    }
    for (; rows > 0; --rows) {
        const uint32_t *x = column;
        int32_t sum = *bias++;
        for (const int8_t *const end = weights + depth; weights < end; weights += 4, x += 2) {
            sum = four_taps(weights, x, sum);
        }
        *sums++ = sum;
    }
}

void bw_rows_s8(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                int32_t *sums) {
    bw_rows_s16(weights, column, depth, rows, bias, sums);
}
