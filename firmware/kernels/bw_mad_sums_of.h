/* Sums of a row as bw_mad_sums_s8.h and bw_mad_sums_s16.h state, four elements a turn. */
#ifndef BW_MAD_SUMS_OF_H
#define BW_MAD_SUMS_OF_H

#include <stdint.h>

/* depth * x - total where that is positive. */
static inline uint32_t bw_mad_beyond(int32_t x, int32_t depth, int32_t total) {
    const int32_t d = depth * x - total;
    return (uint32_t)(d > 0 ? d : 0);
}

/* Define both functions for a type. */
#define BW_DEFINE_MAD_SUMS(of_total, of_positive, type)                                                                \
    int32_t of_total(const type *x, int32_t depth) {                                                                   \
        const type *const whole = x + (depth & ~3), *const end = x + depth;                                            \
        int32_t total = 0;                                                                                             \
        for (; x < whole; x += 4) {                                                                                    \
            total += x[0] + x[1] + x[2] + x[3];                                                                        \
        }                                                                                                              \
        while (x < end) {                                                                                              \
            total += *x++;                                                                                             \
        }                                                                                                              \
        return total;                                                                                                  \
    }                                                                                                                  \
                                                                                                                       \
    uint32_t of_positive(const type *x, int32_t depth, int32_t total) {                                                \
        const type *const whole = x + (depth & ~3), *const end = x + depth;                                            \
        uint32_t sum = 0;                                                                                              \
        for (; x < whole; x += 4) {                                                                                    \
            sum += bw_mad_beyond(x[0], depth, total);                                                                  \
            sum += bw_mad_beyond(x[1], depth, total);                                                                  \
            sum += bw_mad_beyond(x[2], depth, total);                                                                  \
            sum += bw_mad_beyond(x[3], depth, total);                                                                  \
        }                                                                                                              \
        while (x < end) {                                                                                              \
            sum += bw_mad_beyond(*x++, depth, total);                                                                  \
        }                                                                                                              \
        return sum;                                                                                                    \
    }

#endif /* BW_MAD_SUMS_OF_H */
