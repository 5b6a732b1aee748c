/* What the kernels of token-wise quantization share; bit for bit converter/ops/token_wise.py.
 *
 * A row x of int16 becomes q of int8 and a scale m in 1..16513 with x ~ q * m / 64: m is the row's largest magnitude,
 * times 64 / 127 and rounded up; q is rounded to nearest and lies in [-127, 127].
 */
#ifndef BW_TOKENS_H
#define BW_TOKENS_H

#include <stdint.h>

/* The scale of a row whose largest magnitude, 0..32768, is given. */
static inline int32_t bw_token_scale(int32_t largest) {
    const int32_t scale = (largest * 64 + 126) / 127;
    return scale > 0 ? scale : 1;
}

/* What a row is multiplied by, in units of 2^-23. */
static inline int32_t bw_token_reciprocal(int32_t scale) { return (INT32_C(1) << 29) / scale; }

#endif /* BW_TOKENS_H */
