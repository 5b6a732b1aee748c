/* The product of a row of weights with one capsule, four multiplications in five instructions.
 *
 * The capsule is held as words of halfwords 0, 2 | 1, 3 of every four, which is how SXTB16 takes four weights apart.
 */
#ifndef BW_CAPSULE_ROW_H
#define BW_CAPSULE_ROW_H

#include "bw_dsp.h"

/* sum + four weights times four elements. */
static inline int32_t bw_capsule_four(const int8_t *weights, uint32_t even, uint32_t odd, int32_t sum) {
    const uint32_t word = bw_load32(weights);
    sum = bw_smlad(bw_sxtb16(word), even, sum);
    return bw_smlad(bw_sxtb16_ror8(word), odd, sum);
}

#endif /* BW_CAPSULE_ROW_H */
