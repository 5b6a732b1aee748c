#include "bw_fully_connected_s8_units.h"

#define BLOCK 16
#define HALF  8

/* The barrier keeps the compiler from loading more weights ahead than there are registers for. */
#define TWO(x, w, a, b)                                                                                                \
    do {                                                                                                               \
        a += (x) * (w)[0];                                                                                             \
        b += (x) * (w)[1];                                                                                             \
        __asm__ volatile("" ::: "memory");                                                                             \
    } while (0)

#define EIGHT_OF(x, w, a, b, c, d, e, f, g, h)                                                                         \
    do {                                                                                                               \
        TWO(x, w, a, b);                                                                                               \
        TWO(x, (w) + 2, c, d);                                                                                         \
        TWO(x, (w) + 4, e, f);                                                                                         \
        TWO(x, (w) + 6, g, h);                                                                                         \
    } while (0)

#define EIGHT(k)                                                                                                       \
    do {                                                                                                               \
        const int32_t x = input[k];                                                                                    \
        EIGHT_OF(x, w + HALF * (k), a0, a1, a2, a3, a4, a5, a6, a7);                                                   \
    } while (0)

#define SIXTEEN(k)                                                                                                     \
    do {                                                                                                               \
        const int32_t x = input[k];                                                                                    \
        EIGHT_OF(x, w + BLOCK * (k), a0, a1, a2, a3, a4, a5, a6, a7);                                                  \
        EIGHT_OF(x, w + BLOCK * (k) + 8, a8, a9, a10, a11, a12, a13, a14, a15);                                        \
    } while (0)

/* Functions of their own, so that nothing but the sums wants a register. */
__attribute__((noinline)) static void sum_sixteen(const int8_t *w, const int8_t *input, int32_t depth, int32_t *sums) {
    const int8_t *end = input + depth, *whole = input + (depth & ~3);
    int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0, a6 = 0, a7 = 0;
    int32_t a8 = 0, a9 = 0, a10 = 0, a11 = 0, a12 = 0, a13 = 0, a14 = 0, a15 = 0;
    for (; input != whole; input += 4, w += 4 * BLOCK) {
        SIXTEEN(0);
        SIXTEEN(1);
        SIXTEEN(2);
        SIXTEEN(3);
    }
    for (; input != end; ++input, w += BLOCK) {
        SIXTEEN(0);
    }
    sums[0] = a0, sums[1] = a1, sums[2] = a2, sums[3] = a3, sums[4] = a4, sums[5] = a5, sums[6] = a6, sums[7] = a7;
    sums[8] = a8, sums[9] = a9, sums[10] = a10, sums[11] = a11;
    sums[12] = a12, sums[13] = a13, sums[14] = a14, sums[15] = a15;
}

__attribute__((noinline)) static void sum_eight(const int8_t *w, const int8_t *input, int32_t depth, int32_t *sums) {
    const int8_t *end = input + depth, *whole = input + (depth & ~3);
    int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0, a6 = 0, a7 = 0;
    for (; input != whole; input += 4, w += 4 * HALF) {
        EIGHT(0);
        EIGHT(1);
        EIGHT(2);
        EIGHT(3);
    }
    for (; input != end; ++input, w += HALF) {
        EIGHT(0);
    }
    sums[0] = a0, sums[1] = a1, sums[2] = a2, sums[3] = a3, sums[4] = a4, sums[5] = a5, sums[6] = a6, sums[7] = a7;
}

static int32_t sum_one(const int8_t *w, const int8_t *input, int32_t depth) {
    int32_t sum = 0;
    for (const int8_t *end = input + depth; input != end;) {
        sum += *input++ * *w++;
    }
    return sum;
}

/* One unit's sum to its output. */
static inline void store(const bw_rescale_rv32 *p, int32_t rectified, int32_t unit, const int32_t *sum, int8_t *to) {
    const bw_rescale_channel constants = bw_rescale_of(p, unit);
    *to = (int8_t)(rectified ? bw_rescale_rectified(&constants, (uint32_t)*sum)
                             : bw_rescale_sum(&constants, (uint32_t)*sum));
}

static inline void store_fours(const bw_rescale_rv32 *p, int32_t rectified, int32_t unit, int32_t count,
                               const int32_t *sums, int8_t *output) {
    const bw_rescale_rv32 own = *p; /* its fields stay in registers while outputs are written */
    for (const int32_t last = unit + count; unit != last; unit += 4, sums += 4, output += 4) {
        store(&own, rectified, unit, sums, output);
        store(&own, rectified, unit + 1, sums + 1, output + 1);
        store(&own, rectified, unit + 2, sums + 2, output + 2);
        store(&own, rectified, unit + 3, sums + 3, output + 3);
    }
}

void bw_fully_connected_s8_units(const bw_fully_connected_s8_units_params *p, const int8_t *input, int8_t *output) {
    int32_t sums[BLOCK];
    for (int32_t row = 0; row < p->rows; ++row) {
        const int8_t *w = p->weights;
        for (int32_t unit = 0, count; unit < p->units; unit += count) {
            const int32_t left = p->units - unit;
            count = left >= BLOCK ? BLOCK : left >= HALF ? HALF : 1;
            if (count == BLOCK) {
                sum_sixteen(w, input, p->depth, sums);
            } else if (count == HALF) {
                sum_eight(w, input, p->depth, sums);
            } else {
                sums[0] = sum_one(w, input, p->depth);
            }
            if (count == 1) {
                store(&p->rescale, p->rescale.tie == 0, unit, sums, output + unit);
            } else if (p->rescale.tie == 0) {
                store_fours(&p->rescale, 1, unit, count, sums, output + unit);
            } else {
                store_fours(&p->rescale, 0, unit, count, sums, output + unit);
            }
            w += count * p->depth;
        }
        input += p->depth;
        output += p->units;
    }
}
