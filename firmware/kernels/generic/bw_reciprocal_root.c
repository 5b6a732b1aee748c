#include "bw_reciprocal_root.h"

#include "bw_high_word.h"
#include "bw_log2.h"

int32_t bw_reciprocal_root(uint64_t value, int32_t *exponent) {
    const int32_t e = (62 - bw_bit_length64(value)) >> 1;
    const uint32_t a = (uint32_t)((value << (2 * e)) >> 30); /* 32 bits of fraction, in [1/4, 1) */
    /* 2.2 - 1.2 a with 30 bits of fraction; each of Newton's steps then squares the relative error. */
    uint32_t root = UINT32_C(2362232012) - bw_high_word(a, UINT32_C(1288490188));
    for (int32_t step = 0; step < 4; ++step) {
        const uint32_t square =
            (uint32_t)(((uint64_t)root * root) >> 30); /* never more than 1 / a: no step goes beyond */
        root = (uint32_t)(((uint64_t)root * ((UINT32_C(3) << 30) - bw_high_word(a, square))) >> 31);
    }
    *exponent = e;
    return (int32_t)root;
}
