/* Natural logarithm. */
#include "bw_micro_log.h"

#include "bw_log2.h"

static uint32_t natural(const int16_t *table, uint32_t value) {
    const int32_t exponent = bw_bit_length(value) - 1;
    const uint32_t rest = value - (UINT32_C(1) << exponent);
    const int32_t fraction = (int32_t)(exponent < 16 ? rest << (16 - exponent) : rest >> (exponent - 16));
    const int16_t *c = table + (fraction >> 9);
    const int32_t above = c[0] + (((c[1] - c[0]) * (fraction & 0x1ff)) >> 16);
    const uint32_t log2 = ((uint32_t)exponent << 16) + (uint32_t)(fraction + above);
    return (uint32_t)(((uint64_t)log2 * 45426U + (1U << 15)) >> 16);
}

void bw_micro_log(const bw_micro_log_params *p, const uint32_t *input, int16_t *output) {
    for (int32_t i = 0; i < p->elements; ++i) {
        const uint32_t value = p->correction < 0 ? input[i] >> -p->correction : input[i] << p->correction;
        const uint32_t result =
            value > 1U ? (uint32_t)((((uint64_t)natural(p->table, value) << p->scale) + (1U << 15)) >> 16) : 0U;
        output[i] = (int16_t)(result < INT16_MAX ? result : INT16_MAX);
    }
}
