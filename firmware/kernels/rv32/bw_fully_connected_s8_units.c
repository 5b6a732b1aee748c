#include "bw_fully_connected_s8_units.h"

#define BLOCK 16
#define HALF  8

/* The barrier keeps the compiler from loading more weights ahead than there are registers for. */
#define FOUR(x, w, a, b, c, d)                                                                                         \
    do {                                                                                                               \
        a += (x) * (w)[0];                                                                                             \
        b += (x) * (w)[1];                                                                                             \
        c += (x) * (w)[2];                                                                                             \
        d += (x) * (w)[3];                                                                                             \
        __asm__ volatile("" ::: "memory");                                                                             \
    } while (0)

#define EIGHT(k)                                                                                                       \
    do {                                                                                                               \
        const int32_t x = input[k];                                                                                    \
        FOUR(x, w + HALF * (k), a0, a1, a2, a3);                                                                       \
        FOUR(x, w + HALF * (k) + 4, a4, a5, a6, a7);                                                                   \
    } while (0)

#define SIXTEEN(k)                                                                                                     \
    do {                                                                                                               \
        const int32_t x = input[k];                                                                                    \
        FOUR(x, w + BLOCK * (k), a0, a1, a2, a3);                                                                      \
        FOUR(x, w + BLOCK * (k) + 4, a4, a5, a6, a7);                                                                  \
        FOUR(x, w + BLOCK * (k) + 8, a8, a9, a10, a11);                                                                \
        FOUR(x, w + BLOCK * (k) + 12, a12, a13, a14, a15);                                                             \
    } while (0)

/* Neighbouring units' sums to their outputs. The copy stays in registers while outputs are written. */
static void store(const bw_rescale_params *p, int32_t unit, int32_t count, const int32_t *sums, int8_t *output) {
    const bw_rescale_params own = *p;
    output += unit;
    if (own.tie == 0) {
        for (int32_t last = unit + count; unit != last; ++unit) {
            const bw_rescale_channel constants = bw_rescale_of(&own, unit);
            *output++ = (int8_t)bw_rescale_rectified(&constants, (uint32_t)*sums++);
        }
    } else {
        for (int32_t last = unit + count; unit != last; ++unit) {
            const bw_rescale_channel constants = bw_rescale_of(&own, unit);
            *output++ = (int8_t)bw_rescale(&constants, (uint32_t)*sums++);
        }
    }
}

static const int8_t *sixteen(const bw_fully_connected_s8_units_params *p, int32_t unit, const int8_t *w,
                             const int8_t *input, int8_t *output) {
    const int8_t *end = input + p->depth, *whole = input + (p->depth & ~7);
    int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0, a6 = 0, a7 = 0;
    int32_t a8 = 0, a9 = 0, a10 = 0, a11 = 0, a12 = 0, a13 = 0, a14 = 0, a15 = 0;
    for (; input != whole; input += 8, w += 8 * BLOCK) {
        SIXTEEN(0);
        SIXTEEN(1);
        SIXTEEN(2);
        SIXTEEN(3);
        SIXTEEN(4);
        SIXTEEN(5);
        SIXTEEN(6);
        SIXTEEN(7);
    }
    for (; input != end; ++input, w += BLOCK) {
        SIXTEEN(0);
    }
    const int32_t sums[BLOCK] = {a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15};
    store(&p->rescale, unit, BLOCK, sums, output);
    return w;
}

static const int8_t *eight(const bw_fully_connected_s8_units_params *p, int32_t unit, const int8_t *w,
                           const int8_t *input, int8_t *output) {
    const int8_t *end = input + p->depth, *whole = input + (p->depth & ~7);
    int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0, a6 = 0, a7 = 0;
    for (; input != whole; input += 8, w += 8 * HALF) {
        EIGHT(0);
        EIGHT(1);
        EIGHT(2);
        EIGHT(3);
        EIGHT(4);
        EIGHT(5);
        EIGHT(6);
        EIGHT(7);
    }
    for (; input != end; ++input, w += HALF) {
        EIGHT(0);
    }
    const int32_t sums[HALF] = {a0, a1, a2, a3, a4, a5, a6, a7};
    store(&p->rescale, unit, HALF, sums, output);
    return w;
}

static const int8_t *alone(const bw_fully_connected_s8_units_params *p, int32_t unit, const int8_t *w,
                           const int8_t *input, int8_t *output) {
    int32_t sum = 0;
    for (const int8_t *end = input + p->depth; input != end;) {
        sum += *input++ * *w++;
    }
    store(&p->rescale, unit, 1, &sum, output);
    return w;
}

void bw_fully_connected_s8_units(const bw_fully_connected_s8_units_params *p, const int8_t *input, int8_t *output) {
    for (int32_t row = 0; row < p->rows; ++row) {
        const int8_t *w = p->weights;
        int32_t unit = 0;
        for (; unit + BLOCK <= p->units; unit += BLOCK) {
            w = sixteen(p, unit, w, input, output);
        }
        for (; unit + HALF <= p->units; unit += HALF) {
            w = eight(p, unit, w, input, output);
        }
        for (; unit < p->units; ++unit) {
            w = alone(p, unit, w, input, output);
        }
        input += p->depth;
        output += p->units;
    }
}
