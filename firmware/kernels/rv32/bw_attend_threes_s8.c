/* Products of three queries with four keys at a time, and sums of four elements. Cost: 2 instructions per product with
 * keys, 2.9 with values. */
#include "bw_attend_threes_s8.h"

#include <string.h>

/* One element of a key times two words, each added to a sum. As instructions, for compilers would compute ahead what
 * they have no registers for. */
#ifdef __riscv
#define KEY(element, first, second)                                                                                    \
    do {                                                                                                               \
        uint32_t k, t;                                                                                                 \
        __asm__ volatile("lb %2, %4\n mul %3, %2, %5\n add %0, %0, %3\n mul %2, %2, %6\n add %1, %1, %2"               \
                         : "+&r"(first), "+&r"(second), "=&r"(k), "=&r"(t)                                             \
                         : "m"(element), "r"(a), "r"(b));                                                              \
    } while (0)
#else
#define KEY(element, first, second)                                                                                    \
    do {                                                                                                               \
        const uint32_t k = (uint32_t)(element);                                                                        \
        first += k * a, second += k * b;                                                                               \
    } while (0)
#endif

#define TAP(i)                                                                                                         \
    do {                                                                                                               \
        const uint32_t a = woven[2 * (i)], b = woven[2 * (i) + 1];                                                     \
        KEY(k0[i], s0, t0);                                                                                            \
        KEY(k1[i], s1, t1);                                                                                            \
        KEY(k2[i], s2, t2);                                                                                            \
        KEY(k3[i], s3, t3);                                                                                            \
    } while (0)

/* Woven sums of four keys. */
static inline void four_keys(const uint32_t *woven, const int8_t *k0, const int8_t *k1, const int8_t *k2,
                             const int8_t *k3, int32_t taps, uint32_t *sums) {
    const uint32_t *const whole = woven + 2 * (taps & ~3), *const end = woven + 2 * taps;
    uint32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0, t0 = 0, t1 = 0, t2 = 0, t3 = 0;
    for (; woven < whole; woven += 8, k0 += 4, k1 += 4, k2 += 4, k3 += 4) {
        TAP(0);
        TAP(1);
        TAP(2);
        TAP(3);
    }
    for (; woven < end; woven += 2, ++k0, ++k1, ++k2, ++k3) {
        TAP(0);
    }
    sums[0] = s0, sums[1] = t0, sums[2] = s1, sums[3] = t1, sums[4] = s2, sums[5] = t2, sums[6] = s3, sums[7] = t3;
}

void bw_attend_threes_s8(const uint32_t *woven, const int8_t *keys, int32_t stride, int32_t count, int32_t taps,
                         uint32_t *sums) {
    for (uint32_t last[8]; count > 0; count -= 4, keys += 4 * stride, sums += 8) {
        /* The last ones may be the same. */
        const int8_t *const second = count > 1 ? keys + stride : keys;
        const int8_t *const third = count > 2 ? second + stride : keys, *const fourth = third + stride;
        four_keys(woven, keys, second, third, count > 3 ? fourth : keys, taps, count > 3 ? sums : last);
        if (count < 4) {
            memcpy(sums, last, 8U * (uint32_t)count);
        }
    }
}

/* One element of a value times three weights, each added to a sum. */
#ifdef __riscv
#define VALUE(element, first, second, third)                                                                           \
    do {                                                                                                               \
        int32_t v, t;                                                                                                  \
        __asm__ volatile("lb %3, %5\n mul %4, %3, %6\n add %0, %0, %4\n mul %4, %3, %7\n add %1, %1, %4\n"             \
                         "mul %3, %3, %8\n add %2, %2, %3"                                                             \
                         : "+&r"(first), "+&r"(second), "+&r"(third), "=&r"(v), "=&r"(t)                               \
                         : "m"(element), "r"(x), "r"(y), "r"(z));                                                      \
    } while (0)
#else
#define VALUE(element, first, second, third)                                                                           \
    (first += (element) * (x), second += (element) * (y), third += (element) * (z))
#endif

#define VALUES(row, j)                                                                                                 \
    do {                                                                                                               \
        const int32_t x = w0[j], y = w1[j], z = w2[j];                                                                 \
        VALUE(row[0], a0, a1, a2);                                                                                     \
        VALUE(row[1], b0, b1, b2);                                                                                     \
        VALUE(row[2], c0, c1, c2);                                                                                     \
        VALUE(row[3], d0, d1, d2);                                                                                     \
    } while (0)

/* Four elements, of two values in a turn. */
static void four_elements(const int16_t *w0, int32_t apart, int32_t further, const int8_t *values, int32_t stride,
                          int32_t count, int32_t depth, int32_t *sums) {
    const int16_t *w1 = w0 + apart, *w2 = w1 + further, *const twos = w0 + (count & ~1);
    int32_t a0 = 0, a1 = 0, a2 = 0, b0 = 0, b1 = 0, b2 = 0, c0 = 0, c1 = 0, c2 = 0, d0 = 0, d1 = 0, d2 = 0;
    for (; w0 < twos; w0 += 2, w1 += 2, w2 += 2) {
        VALUES(values, 0);
        values += stride;
        VALUES(values, 1);
        values += stride;
    }
    if (count & 1) {
        VALUES(values, 0);
    }
    sums[0] = a0, sums[1] = b0, sums[2] = c0, sums[3] = d0, sums += depth;
    sums[0] = a1, sums[1] = b1, sums[2] = c1, sums[3] = d1, sums += depth;
    sums[0] = a2, sums[1] = b2, sums[2] = c2, sums[3] = d2;
}

void bw_attend_three_values_s8(const int16_t *weights, int32_t apart, int32_t rows, const int8_t *values,
                               int32_t stride, int32_t count, int32_t depth, int32_t *sums) {
    int32_t i = 0;
    for (; i + 4 <= depth; i += 4) {
        four_elements(weights, apart, rows > 2 ? apart : 0, values + i, stride, count, depth, sums + i);
    }
    for (; i < depth; ++i) {
        for (int32_t row = 0; row < rows; ++row) {
            int32_t sum = 0;
            for (int32_t j = 0; j < count; ++j) {
                sum += weights[row * apart + j] * values[j * stride + i];
            }
            sums[row * depth + i] = sum;
        }
    }
}
