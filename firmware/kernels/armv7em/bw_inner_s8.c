/* Inner product, four products by two SMLAD: 2 instructions each with the unpacking. */
#include "bw_inner_s8.h"

#include "bw_dsp.h"

int32_t bw_inner_s8(const int8_t *a, const int8_t *b, int32_t count, int32_t sum) {
    const int8_t *const whole = a + (count & ~3), *const end = a + count;
    while (a < whole) {
        const uint32_t x = bw_load32(a), y = bw_load32(b);
        sum = bw_smlad(bw_sxtb16(x), bw_sxtb16(y), sum);
        sum = bw_smlad(bw_sxtb16_ror8(x), bw_sxtb16_ror8(y), sum);
        a += 4, b += 4;
    }
    while (a < end) {
        sum += *a++ * *b++;
    }
    return sum;
}
