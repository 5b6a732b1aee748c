#include "bw_tile_s8_rv32.h"

/* Where sums start: with the three's excess of 2^20. */
#define FIRST  (UINT32_C(1) << 20)
#define SECOND ((UINT32_C(1) << 20) + (UINT32_C(1) << 30))

#define PACK(k)                                                                                                        \
    do {                                                                                                               \
        const uint32_t middle = (uint32_t)b[k] << 10;                                                                  \
        to[1] = (uint32_t)c[k] + middle;                                                                               \
        to[0] = (uint32_t)a[k] + (middle << 11);                                                                       \
        to += words;                                                                                                   \
    } while (0)

void bw_tile_pack_rv32(uint32_t *to, int32_t words, const int8_t *const *columns, int32_t count) {
    const int8_t *a = columns[0], *b = columns[1], *c = columns[2];
    for (const int8_t *end = a + (count & ~3); a < end; a += 4, b += 4, c += 4) {
        PACK(0);
        PACK(1);
        PACK(2);
        PACK(3);
    }
    for (const int8_t *end = a + (count & 3); a < end; ++a, ++b, ++c) {
        PACK(0);
    }
}

/* One channel's weight times two or four words, each added to a sum. As instructions, for compilers would compute ahead
 * what they have no registers for. */
#ifdef __riscv
#define WORDS2(weight, a, b)                                                                                           \
    do {                                                                                                               \
        int32_t w, t;                                                                                                  \
        __asm__ volatile("lb %2, %4\n mul %3, %2, %5\n add %0, %0, %3\n mul %2, %2, %6\n add %1, %1, %2"               \
                         : "+&r"(a), "+&r"(b), "=&r"(w), "=&r"(t)                                                      \
                         : "m"(weight), "r"(x0), "r"(x1));                                                             \
    } while (0)
#define WORDS4(weight, a, b, c, d)                                                                                     \
    do {                                                                                                               \
        int32_t w, t;                                                                                                  \
        __asm__ volatile("lb %4, %6\n mul %5, %4, %7\n add %0, %0, %5\n mul %5, %4, %8\n add %1, %1, %5\n"             \
                         "mul %5, %4, %9\n add %2, %2, %5\n mul %4, %4, %10\n add %3, %3, %4"                          \
                         : "+&r"(a), "+&r"(b), "+&r"(c), "+&r"(d), "=&r"(w), "=&r"(t)                                  \
                         : "m"(weight), "r"(x0), "r"(x1), "r"(x2), "r"(x3));                                           \
    } while (0)
#else
#define WORDS2(weight, a, b) (a += (uint32_t)(weight)*x0, b += (uint32_t)(weight)*x1)
#define WORDS4(weight, a, b, c, d)                                                                                     \
    (a += (uint32_t)(weight)*x0, b += (uint32_t)(weight)*x1, c += (uint32_t)(weight)*x2, d += (uint32_t)(weight)*x3)
#endif

#define TAP6(k)                                                                                                        \
    do {                                                                                                               \
        const uint32_t x0 = columns[4 * (k)], x1 = columns[4 * (k) + 1];                                               \
        const uint32_t x2 = columns[4 * (k) + 2], x3 = columns[4 * (k) + 3];                                           \
        WORDS4(weights[4 * (k)], a0, a1, a2, a3);                                                                      \
        WORDS4(weights[4 * (k) + 1], b0, b1, b2, b3);                                                                  \
        WORDS4(weights[4 * (k) + 2], c0, c1, c2, c3);                                                                  \
        WORDS4(weights[4 * (k) + 3], d0, d1, d2, d3);                                                                  \
    } while (0)

/* Sums of six columns with four channels. */
static inline void tile_4x6(const int8_t *weights, const uint32_t *columns, int32_t taps, uint32_t *sums) {
    uint32_t a0 = FIRST, a1 = SECOND, a2 = FIRST, a3 = SECOND, b0 = FIRST, b1 = SECOND, b2 = FIRST, b3 = SECOND;
    uint32_t c0 = FIRST, c1 = SECOND, c2 = FIRST, c3 = SECOND, d0 = FIRST, d1 = SECOND, d2 = FIRST, d3 = SECOND;
    for (const int8_t *end = weights + 4 * taps; weights < end; weights += 16, columns += 16) {
        TAP6(0);
        TAP6(1);
        TAP6(2);
        TAP6(3);
    }
    sums[0] = a0, sums[1] = a1, sums[2] = a2, sums[3] = a3, sums[4] = b0, sums[5] = b1, sums[6] = b2, sums[7] = b3;
    sums[8] = c0, sums[9] = c1, sums[10] = c2, sums[11] = c3;
    sums[12] = d0, sums[13] = d1, sums[14] = d2, sums[15] = d3;
}

#define TAP3(k)                                                                                                        \
    do {                                                                                                               \
        const uint32_t x0 = columns[2 * (k)], x1 = columns[2 * (k) + 1];                                               \
        WORDS2(weights[4 * (k)], a0, a1);                                                                              \
        WORDS2(weights[4 * (k) + 1], b0, b1);                                                                          \
        WORDS2(weights[4 * (k) + 2], c0, c1);                                                                          \
        WORDS2(weights[4 * (k) + 3], d0, d1);                                                                          \
    } while (0)

/* Sums of three columns with four channels. */
static inline void tile_4x3(const int8_t *weights, const uint32_t *columns, int32_t taps, uint32_t *sums) {
    uint32_t a0 = FIRST, a1 = SECOND, b0 = FIRST, b1 = SECOND, c0 = FIRST, c1 = SECOND, d0 = FIRST, d1 = SECOND;
    for (const int8_t *end = weights + 4 * taps; weights < end; weights += 16, columns += 8) {
        TAP3(0);
        TAP3(1);
        TAP3(2);
        TAP3(3);
    }
    sums[0] = a0, sums[1] = a1, sums[2] = b0, sums[3] = b1, sums[4] = c0, sums[5] = c1, sums[6] = d0, sums[7] = d1;
}

/* Where three outputs go: the last one's address, and the steps to the others. Where there are fewer pixels, some are
 * the same, and the pixel that is there is written last. */
typedef struct {
    int8_t *third;
    int32_t to_second, to_first;
} places;

static places places_of(int8_t *first, int32_t step, int32_t pixels) {
    const places p = {first + (pixels > 2 ? 2 : pixels - 1) * step, pixels > 2 ? -step : 0, pixels > 1 ? -step : 0};
    return p;
}

static inline int32_t output(const bw_rescale_channel *k, uint32_t acc, int rectified) {
    return rectified ? bw_rescale_rectified(k, acc) : bw_rescale_sum(k, acc);
}

/* Three pixels of a channel from the sums of all segments, `step` words from one to the next. */
static inline void three(const bw_rescale_channel *k, const uint32_t *sums, const uint32_t *end, int32_t step,
                         int8_t *third, int32_t to_second, int32_t to_first, int rectified) {
    uint32_t low = sums[0] >> 21, rest = sums[1] - (low << 10);
    uint32_t a = sums[0] & 0x1FFFFFU, b = low + (rest >> 21 << 11), c = rest & 0x1FFFFFU;
    for (sums += step; sums < end; sums += step) {
        low = sums[0] >> 21, rest = sums[1] - (low << 10);
        a += sums[0] & 0x1FFFFFU, b += low + (rest >> 21 << 11), c += rest & 0x1FFFFFU;
    }
    int8_t *second = third + to_second;
    *third = (int8_t)output(k, c, rectified);
    *second = (int8_t)output(k, b, rectified);
    second += to_first;
    *second = (int8_t)output(k, a, rectified);
}

/* All channels; constant arguments make functions of their own of it. */
static inline void tiles(const bw_tile_rv32 *t, const uint32_t *columns, uint32_t *sums, int8_t *first, int32_t pixels,
                         int32_t words, int rectified) {
    const bw_rescale_rv32 params = *t->rescale;
    const int8_t *weights = t->weights;
    const int32_t step = t->channels, before = words == 4 ? 3 : 0;
    const places last = places_of(first + before * step, step, pixels - before);
    for (int32_t c = 0; c < t->channels; c += 4) {
        uint32_t *end = sums;
        for (int32_t tap = 0; tap < t->taps; tap += t->segment) {
            const int32_t left = t->taps - tap, taps = left < t->segment ? left : t->segment;
            if (words == 4) {
                tile_4x6(weights, columns + tap * words, taps, end);
            } else {
                tile_4x3(weights, columns + tap * words, taps, end);
            }
            weights += 4 * taps;
            end += 4 * words;
        }
        const uint32_t *from = sums;
        for (int32_t i = c; i < c + 4 && i < t->channels; ++i, from += words) {
            const bw_rescale_channel k = bw_rescale_of(&params, i);
            if (words == 4) {
                three(&k, from, end, 4 * words, first + 2 * step + i, -step, -step, rectified);
            }
            three(&k, from + words - 2, end, 4 * words, last.third + i, last.to_second, last.to_first, rectified);
        }
    }
}

void bw_tile_six_rv32(const bw_tile_rv32 *t, const uint32_t *columns, uint32_t *sums, int8_t *output, int32_t pixels) {
    if (t->rescale->tie == 0) {
        tiles(t, columns, sums, output, pixels, 4, 1);
    } else {
        tiles(t, columns, sums, output, pixels, 4, 0);
    }
}

/* At most once in a layer of more pixels: rectified ones have no function of their own. */
void bw_tile_three_rv32(const bw_tile_rv32 *t, const uint32_t *columns, uint32_t *sums, int8_t *output,
                        int32_t pixels) {
    tiles(t, columns, sums, output, pixels, 2, 0);
}
