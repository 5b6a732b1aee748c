/* Columns of int16 for SMLAD: of every four values the first and the third, then the second and the fourth, as SXTB16
 * takes four weights apart.
 */
#include "bw_rows_column_s8.h"

#include "bw_dsp.h"

const void *bw_rows_column_s8(const int8_t *values, int32_t depth, void *scratch) {
    uint32_t *column = scratch;
    for (; depth >= 4; depth -= 4, values += 4) {
        const uint32_t four = bw_load32(values);
        *column++ = bw_sxtb16(four);
        *column++ = bw_sxtb16_ror8(four);
    }
    if (depth > 0) {
        uint32_t four = 0;
        for (int32_t i = 0; i < depth; ++i) {
            four |= (uint32_t)(uint8_t)values[i] << 8 * i;
        }
        column[0] = bw_sxtb16(four);
        column[1] = bw_sxtb16_ror8(four);
    }
    return scratch;
}

const void *bw_rows_column_s16(const int16_t *values, int32_t depth, void *scratch) {
    uint32_t *column = scratch;
    for (; depth >= 4; depth -= 4, values += 4) {
        const uint32_t first = bw_load32(values), second = bw_load32(values + 2);
        *column++ = bw_pkhbt(first, second);
        *column++ = bw_pkhtb(first, second);
    }
    if (depth > 0) {
        column[0] = bw_pkhbt((uint16_t)values[0], depth > 2 ? (uint16_t)values[2] : 0);
        column[1] = depth > 1 ? (uint16_t)values[1] : 0;
    }
    return scratch;
}
