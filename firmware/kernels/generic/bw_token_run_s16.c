/* Portable passes over rows that get a scale of their own, four elements a turn. */
#include "bw_token_run_s16.h"

/* One comparison says whether x is beyond either end. */
#define REACH(i)                                                                                                       \
    do {                                                                                                               \
        const int32_t value = x[i];                                                                                    \
        if ((uint32_t)(value + largest) > twice) {                                                                     \
            largest = value < 0 ? -value : value;                                                                      \
            twice = 2 * (uint32_t)largest;                                                                             \
        }                                                                                                              \
    } while (0)

int32_t bw_token_reach(const int16_t *x, int32_t count, int32_t largest) {
    uint32_t twice = 2 * (uint32_t)largest;
    for (const int16_t *const whole = x + (count & ~3); x < whole; x += 4) {
        REACH(0);
        REACH(1);
        REACH(2);
        REACH(3);
    }
    for (int32_t i = 0; i < (count & 3); ++i) {
        REACH(i);
    }
    return largest;
}

#define VALUE(i) (q[i] = (int8_t)((x[i] * reciprocal + (INT32_C(1) << 22)) >> 23))

void bw_token_values(const int16_t *x, int32_t count, int32_t reciprocal, int8_t *q) {
    for (const int16_t *const whole = x + (count & ~3); x < whole; x += 4, q += 4) {
        VALUE(0);
        VALUE(1);
        VALUE(2);
        VALUE(3);
    }
    for (int32_t i = 0; i < (count & 3); ++i) {
        VALUE(i);
    }
}
