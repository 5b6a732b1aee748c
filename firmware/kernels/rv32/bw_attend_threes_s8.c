/* Products of three queries with four keys at a time. Cost: 2 instructions per product. */
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
