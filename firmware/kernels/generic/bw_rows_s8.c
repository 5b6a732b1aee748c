/* Portable products of rows and a column of int16: four rows share every load of the column, and four columns
 * the loop's own instructions. */
#include "bw_rows_s8.h"

/* One value of the column times four rows. */
#define TAP(i)                                                                                                         \
    do {                                                                                                               \
        const int32_t value = x[i];                                                                                    \
        a += value * first[i];                                                                                         \
        b += value * second[i];                                                                                        \
        c += value * third[i];                                                                                         \
        d += value * fourth[i];                                                                                        \
    } while (0)

static void four_rows(const int8_t *first, const int16_t *x, int32_t depth, const int32_t *bias, int32_t *sums) {
    const int8_t *second = first + depth, *third = second + depth, *fourth = third + depth;
    int32_t a = bias[0], b = bias[1], c = bias[2], d = bias[3];
    for (const int16_t *const end = x + depth; x < end;) {
        TAP(0);
        TAP(1);
        TAP(2);
        TAP(3);
        x += 4, first += 4, second += 4, third += 4, fourth += 4;
    }
    sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}

void bw_rows_s16(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                 int32_t *sums) {
    const int16_t *const x = column;
    for (; rows >= 4; rows -= 4, weights += 4 * depth, bias += 4, sums += 4) {
        four_rows(weights, x, depth, bias, sums);
    }
    for (; rows > 0; --rows) {
        int32_t sum = *bias++;
        for (int32_t i = 0; i < depth; ++i) {
            sum += x[i] * *weights++;
        }
        *sums++ = sum;
    }
}

void bw_rows_s8(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                int32_t *sums) {
    bw_rows_s16(weights, column, depth, rows, bias, sums);
}
