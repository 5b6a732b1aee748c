/* Inner product, eight products a turn: the loop's own instructions are shared, and no load waits for the one before.
 */
#include "bw_inner_s8.h"

int32_t bw_inner_s8(const int8_t *a, const int8_t *b, int32_t count, int32_t sum) {
    const int8_t *const whole = a + (count & ~7), *const end = a + count;
    while (a < whole) {
        sum += a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
        sum += a[4] * b[4] + a[5] * b[5] + a[6] * b[6] + a[7] * b[7];
        a += 8, b += 8;
    }
    while (a < end) {
        sum += *a++ * *b++;
    }
    return sum;
}
