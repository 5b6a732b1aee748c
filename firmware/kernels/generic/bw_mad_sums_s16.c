/* Portable sums of a row of int16, four elements a turn. */
#include "bw_mad_sums_s16.h"

int32_t bw_mad_total_s16(const int16_t *x, int32_t depth) {
    const int16_t *const whole = x + (depth & ~3), *const end = x + depth;
    int32_t total = 0;
    for (; x < whole; x += 4) {
        total += x[0] + x[1] + x[2] + x[3];
    }
    while (x < end) {
        total += *x++;
    }
    return total;
}

#define TAKE(i)                                                                                                        \
    do {                                                                                                               \
        const int32_t d = depth * x[i] - total;                                                                        \
        sum += (uint32_t)(d > 0 ? d : 0);                                                                              \
    } while (0)

uint32_t bw_mad_positive_s16(const int16_t *x, int32_t depth, int32_t total) {
    uint32_t sum = 0;
    for (const int16_t *const whole = x + (depth & ~3); x < whole; x += 4) {
        TAKE(0);
        TAKE(1);
        TAKE(2);
        TAKE(3);
    }
    for (int32_t i = 0; i < (depth & 3); ++i) {
        TAKE(i);
    }
    return sum;
}
