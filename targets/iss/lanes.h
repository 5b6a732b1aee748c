/* The packed operations of XCV: bytes and halfwords of a word, lane by lane. */
#ifndef LANES_H
#define LANES_H

#include <stdbool.h>
#include <stdint.h>

static inline int32_t lane_b(uint32_t word, int lane, bool is_signed) {
    const uint8_t byte = (uint8_t)(word >> 8 * lane);
    return is_signed ? (int8_t)byte : byte;
}

static inline int32_t lane_h(uint32_t word, int lane, bool is_signed) {
    const uint16_t half = (uint16_t)(word >> 16 * lane);
    return is_signed ? (int16_t)half : half;
}

static inline uint32_t dot_b(uint32_t a, uint32_t b, bool a_signed, bool b_signed) {
    int32_t sum = 0;
    for (int lane = 0; lane < 4; ++lane) {
        sum += lane_b(a, lane, a_signed) * lane_b(b, lane, b_signed);
    }
    return (uint32_t)sum;
}

static inline uint32_t dot_h(uint32_t a, uint32_t b, bool a_signed, bool b_signed) {
    uint32_t sum = 0;
    for (int lane = 0; lane < 2; ++lane) {
        sum += (uint32_t)lane_h(a, lane, a_signed) * (uint32_t)lane_h(b, lane, b_signed);
    }
    return sum;
}

/* Byte i is byte [1:0] of selector i, of a where its bit 2 is set, else of d. */
static inline uint32_t shuffle2_b(uint32_t d, uint32_t a, uint32_t selectors) {
    uint32_t result = 0;
    for (int lane = 0; lane < 4; ++lane) {
        const uint32_t selector = selectors >> 8 * lane;
        const uint32_t byte = (selector & 4 ? a : d) >> 8 * (selector & 3) & 0xff;
        result |= byte << 8 * lane;
    }
    return result;
}

static inline uint32_t extreme_b(uint32_t a, uint32_t b, bool greater) {
    uint32_t result = 0;
    for (int lane = 0; lane < 4; ++lane) {
        const bool take_a = (lane_b(a, lane, true) > lane_b(b, lane, true)) == greater;
        result |= ((take_a ? a : b) >> 8 * lane & 0xff) << 8 * lane;
    }
    return result;
}

/* To the range of a signed integer of `width` bits; width 0 as 1: -1 and 0. */
static inline uint32_t clip(uint32_t value, uint32_t width) {
    const int32_t high = width == 0 ? 0 : (int32_t)((1U << (width - 1)) - 1), low = -high - 1;
    return (uint32_t)((int32_t)value < low ? low : (int32_t)value > high ? high : (int32_t)value);
}

/* To 0 and the greatest signed integer of `width` bits. */
static inline uint32_t clip_unsigned(uint32_t value, uint32_t width) {
    const int32_t high = width == 0 ? 0 : (int32_t)((1U << (width - 1)) - 1);
    return (uint32_t)((int32_t)value < 0 ? 0 : (int32_t)value > high ? high : (int32_t)value);
}

#endif /* LANES_H */
