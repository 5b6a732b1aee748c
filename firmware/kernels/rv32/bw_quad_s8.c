#include "bw_quad_s8.h"

/* Half of what an upper half counts, so that lower halves below zero do not borrow from it. */
#define HALF 0x8000U

/* The sums of two channels, a and b, times the words of four columns. */
typedef struct {
    uint32_t total_a0, total_a1, total_b0, total_b1;
    int32_t upper_a0, upper_a1, upper_b0, upper_b1;
} sums;

static inline uint32_t product(int8_t weight, uint32_t word) { return (uint32_t)weight * word; }

#define ADD_GROUP(s, part, value)                                                                                      \
    do {                                                                                                               \
        const uint32_t group = (value) + HALF;                                                                         \
        (s).total_##part += group;                                                                                     \
        (s).upper_##part += (int32_t)group >> 16;                                                                      \
    } while (0)

/* Two taps that are a group. */
#define GROUP_OF_TWO(s, w, x)                                                                                          \
    do {                                                                                                               \
        ADD_GROUP(s, a0, product((w)[0], (x)[0]) + product((w)[1], (x)[2]));                                           \
        ADD_GROUP(s, a1, product((w)[0], (x)[1]) + product((w)[1], (x)[3]));                                           \
        ADD_GROUP(s, b0, product((w)[2], (x)[0]) + product((w)[3], (x)[2]));                                           \
        ADD_GROUP(s, b1, product((w)[2], (x)[1]) + product((w)[3], (x)[3]));                                           \
    } while (0)

static inline sums sum_twos(const int8_t *w, const uint32_t *x, int32_t taps) {
    const uint32_t start = 0U - HALF * (uint32_t)(taps / 2);
    sums s = {start, start, start, start, 0, 0, 0, 0};
    for (const uint32_t *end = x + 2 * taps; x != end; x += 8, w += 8) {
        GROUP_OF_TWO(s, w, x);
        GROUP_OF_TWO(s, w + 4, x + 4);
    }
    return s;
}

/* Two taps within a group. */
#define TWO_TAPS(w, x)                                                                                                 \
    do {                                                                                                               \
        a0 += product((w)[0], (x)[0]) + product((w)[1], (x)[2]);                                                       \
        a1 += product((w)[0], (x)[1]) + product((w)[1], (x)[3]);                                                       \
        b0 += product((w)[2], (x)[0]) + product((w)[3], (x)[2]);                                                       \
        b1 += product((w)[2], (x)[1]) + product((w)[3], (x)[3]);                                                       \
    } while (0)

static inline sums sum_groups(const int8_t *w, const uint32_t *x, int32_t taps, int32_t size) {
    sums s = {0, 0, 0, 0, 0, 0, 0, 0};
    for (const uint32_t *end = x + 2 * taps; x != end;) {
        uint32_t a0 = 0, a1 = 0, b0 = 0, b1 = 0;
        for (const uint32_t *last = x + 2 * size; x != last; x += 8, w += 8) {
            TWO_TAPS(w, x);
            TWO_TAPS(w + 4, x + 4);
        }
        s.total_a0 += a0, s.total_a1 += a1, s.total_b0 += b0, s.total_b1 += b1;
        s.upper_a0 += (int32_t)(a0 + HALF) >> 16, s.upper_a1 += (int32_t)(a1 + HALF) >> 16;
        s.upper_b0 += (int32_t)(b0 + HALF) >> 16, s.upper_b1 += (int32_t)(b1 + HALF) >> 16;
    }
    return s;
}

static void store(const bw_rescale_params *p, int32_t c, uint32_t total0, uint32_t total1, int32_t upper0,
                  int32_t upper1, int8_t *const to[BW_QUAD]) {
    const bw_rescale_channel k = bw_rescale_of(p, c);
    const uint32_t lower0 = total0 - ((uint32_t)upper0 << 16), lower1 = total1 - ((uint32_t)upper1 << 16);
    if (k.tie == 0) {
        to[0][c] = bw_rescale_rectified(&k, lower0);
        to[1][c] = bw_rescale_rectified(&k, (uint32_t)upper0);
        to[2][c] = bw_rescale_rectified(&k, lower1);
        to[3][c] = bw_rescale_rectified(&k, (uint32_t)upper1);
    } else {
        to[0][c] = bw_rescale(&k, lower0);
        to[1][c] = bw_rescale(&k, (uint32_t)upper0);
        to[2][c] = bw_rescale(&k, lower1);
        to[3][c] = bw_rescale(&k, (uint32_t)upper1);
    }
}

void bw_quad_s8(const bw_quad_s8_params *p, const uint32_t *columns, int8_t *const to[BW_QUAD]) {
    const int8_t *weights = p->weights;
    for (int32_t c = 0; c < p->channels; c += 2) {
        const int32_t size = p->group[c / 2];
        const sums s = size == 2 ? sum_twos(weights, columns, p->taps) : sum_groups(weights, columns, p->taps, size);
        store(&p->rescale, c, s.total_a0, s.total_a1, s.upper_a0, s.upper_a1, to);
        store(&p->rescale, c + 1, s.total_b0, s.total_b1, s.upper_b0, s.upper_b1, to);
        weights += 2 * p->taps;
    }
}

uint32_t *bw_pack_quad_s8(const int8_t *const from[BW_QUAD], int32_t bytes, uint32_t *columns) {
    const int8_t *x0 = from[0], *x1 = from[1], *x2 = from[2], *x3 = from[3];
    for (const int8_t *end = x0 + bytes; x0 != end; columns += 2) {
        columns[0] = (uint32_t)*x0++ + ((uint32_t)*x1++ << 16);
        columns[1] = (uint32_t)*x2++ + ((uint32_t)*x3++ << 16);
    }
    return columns;
}
