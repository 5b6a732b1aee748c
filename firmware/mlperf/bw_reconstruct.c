/* Benchmarks whose samples are float32 and whose output is to equal them: ad01. The result is the mean squared error.
 *
 * Floats are compared and shifted as the integers that represent them (IEEE 754 binary32); nothing computes with them.
 */
#include "bw_mlperf.h"
#include "bw_model.h"

#define FRACTION 14
#define LARGEST  (1 << 26) /* 4096: the sum of 1024 squared differences of twice that fits 64 bits */

static uint32_t float_bits(uint32_t index) {
    const uint8_t *from = bw_mlperf_sample + 4U * index;
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

/* Orders as the floats do: the magnitude's bits, negated for negative floats. */
static int32_t key(uint32_t bits) {
    const int32_t magnitude = (int32_t)(bits & 0x7FFFFFFFU);
    return bits >> 31 ? -magnitude : magnitude;
}

/* The float in units of 2^-FRACTION, rounded half away from zero, limited to LARGEST. */
static int32_t fixed(uint32_t bits) {
    const int32_t exponent = (int32_t)(bits >> 23 & 0xFFU);
    const int32_t mantissa = (int32_t)((bits & 0x7FFFFFU) | 0x800000U); /* float = mantissa * 2^(exponent - 150) */
    const int32_t right = 150 - FRACTION - exponent;
    int32_t magnitude;
    if (right > 24) {
        magnitude = 0;
    } else if (right > 0) {
        magnitude = (mantissa + (1 << (right - 1))) >> right;
    } else if (right >= -2) {
        magnitude = mantissa << -right;
    } else {
        magnitude = LARGEST;
    }
    return bits >> 31 ? -magnitude : magnitude;
}

/* How many steps a key has reached, by bisection. */
static int32_t steps_below(int32_t value) {
    int32_t reached = 0;
    int32_t beyond = 256; /* the step before it is the first that is not reached */
    while (beyond - reached > 1) {
        const int32_t middle = (reached + beyond) / 2;
        if (bw_mlperf_steps[middle - 1] <= value) {
            reached = middle;
        } else {
            beyond = middle;
        }
    }
    return reached;
}

const uint8_t *bw_mlperf_prepare(void) {
    for (uint32_t i = 0; i < bw_models[0]->input[0].bytes; ++i) {
        bw_mlperf_quantized[i] = (int8_t)(steps_below(key(float_bits(i))) - 128);
    }
    return (const uint8_t *)bw_mlperf_quantized;
}

uint64_t bw_mlperf_result(uint32_t index) {
    const int8_t *output = bw_models[0]->output[0].data;
    const uint32_t count = bw_models[0]->output[0].bytes;
    uint64_t sum = 0;
    for (uint32_t i = index; i < count; ++i) {
        const int64_t difference = bw_mlperf_values[output[i] + 128] - fixed(float_bits(i));
        sum += (uint64_t)(difference * difference);
    }
    const uint64_t one = (uint64_t)count << (2 * FRACTION);
    return sum / one * 1000U + (sum % one * 1000U + one / 2U) / one;
}
