/* Portable inner product. */
#include "bw_inner_s8.h"

int32_t bw_inner_s8(const int8_t *a, const int8_t *b, int32_t count, int32_t sum) {
    for (int32_t i = 0; i < count; ++i) {
        sum += a[i] * b[i];
    }
    return sum;
}
