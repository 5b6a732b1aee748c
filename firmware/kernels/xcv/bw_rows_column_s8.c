/* Columns for dot products of four bytes: int8 as the values are; of every four int16 their upper bytes, then their
 * lower ones, which have no sign. Zeros up to a multiple of four. Cost: 7 instructions per four int16 that are aligned
 * to four bytes.
 */
#include "bw_rows_column_s8.h"

#include <string.h>

#include "bw_xcv.h"

#if BW_HAS_XCV

/* Upper and lower bytes of two words at a time, at least once. */
void bw_split_words_xcv(const int16_t *values, uint8_t *column, int32_t fours);

/* clang-format off */
__asm__(
    "function bw_split_words_xcv\n"
    " li t3, 0x07050301\n li t4, 0x06040200\n"
    " hardware_loop a2, 7\n"
    " lw_post t0, a0, 4\n lw_post t1, a0, 4\n mv t2, t0\n shuffle2_b t0, t1, t3\n shuffle2_b t2, t1, t4\n"
    " sw_post t0, a1, 4\n sw_post t2, a1, 4\n ret\n"
    "end_function bw_split_words_xcv\n");
/* clang-format on */

#endif

const void *bw_rows_column_s8(const int8_t *values, int32_t depth, void *scratch) {
    memset((int8_t *)scratch + (depth & ~3), 0, 4);
    return memcpy(scratch, values, (size_t)depth);
}

const void *bw_rows_column_s16(const int16_t *values, int32_t depth, void *scratch) {
    uint8_t *column = scratch;
    int32_t i = 0;
#if BW_HAS_XCV
    if (depth >= 4 && ((uintptr_t)values & 3U) == 0) {
        bw_split_words_xcv(values, column, depth / 4);
        i = depth & ~3;
        column += 2 * i;
    }
#endif
    for (; i < ((depth + 3) & ~3); ++i, ++column) {
        const uint32_t value = i < depth ? (uint32_t)values[i] : 0;
        column[0] = (uint8_t)(value >> 8);
        column[4] = (uint8_t)value;
        column += i % 4 == 3 ? 4 : 0;
    }
    return scratch;
}
