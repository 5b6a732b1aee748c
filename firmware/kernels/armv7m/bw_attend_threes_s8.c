/* Products of three queries with two keys at a time. Cost: 1.4 instructions per product. */
#include "bw_attend_threes_s8.h"

#include "bw_attend_s8.h"

/* One element of a key times two words, each added to a sum. As instructions, for compilers would load ahead what they
 * have no registers for. */
#if defined(__ARM_ARCH) && defined(__thumb2__)
#define KEY(element, first, second)                                                                                    \
    do {                                                                                                               \
        uint32_t k;                                                                                                    \
        __asm__ volatile("ldrsb %2, %3\n mla %0, %2, %4, %0\n mla %1, %2, %5, %1"                                      \
                         : "+&r"(first), "+&r"(second), "=&r"(k)                                                       \
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
        KEY(key[i], s0, t0);                                                                                           \
        KEY(other[i], s1, t1);                                                                                         \
    } while (0)

/* Woven sums of two keys, which may be the same. */
static inline void two_keys(const uint32_t *woven, const int8_t *key, const int8_t *other, int32_t taps,
                            uint32_t *sums) {
    const uint32_t *const whole = woven + 2 * (taps & ~3), *const end = woven + 2 * taps;
    uint32_t s0 = 0, s1 = 0, t0 = 0, t1 = 0;
    for (; woven < whole; woven += 8, key += 4, other += 4) {
        TAP(0);
        TAP(1);
        TAP(2);
        TAP(3);
    }
    for (; woven < end; woven += 2, ++key, ++other) {
        TAP(0);
    }
    sums[0] = s0, sums[1] = t0, sums[2] = s1, sums[3] = t1;
}

void bw_attend_threes_s8(const uint32_t *woven, const int8_t *keys, int32_t stride, int32_t count, int32_t taps,
                         uint32_t *sums) {
    for (; count >= 2; count -= 2, keys += 2 * stride, sums += 4) {
        two_keys(woven, keys, keys + stride, taps, sums);
    }
    if (count > 0) {
        uint32_t last[4];
        two_keys(woven, keys, keys, taps, last);
        sums[0] = last[0], sums[1] = last[1];
    }
}

void bw_attend_three_values_s8(const int16_t *weights, int32_t apart, int32_t rows, const int8_t *values,
                               int32_t stride, int32_t count, int32_t depth, int32_t *sums) {
    for (int32_t row = 0; row < rows; ++row) {
        bw_attend_values_s8(weights + row * apart, values, stride, count, depth, sums + row * depth);
    }
}
