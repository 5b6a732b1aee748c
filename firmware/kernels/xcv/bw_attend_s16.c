/* Inner loops of attention of int16 on XCV: queries are split into their bytes, so that sums of products fit 32 bits.
 *
 * Cost: 8 instructions per four products with keys, two at a time, and some 20 per key, where keys and their stride are
 * aligned to four bytes and an even depth is at most 64; weighted sums as bw_ring_xcv.h states. Stack: 256 bytes.
 */
#include "bw_attend_s16.h"

#include "bw_inner_s16.h"
#include "bw_ring_xcv.h"

/* 2^7 * 2^15 and 255 * 2^15, over up to 255 taps: below 2^31; 64 for the stack's sake. */
#define TAPS 64

#if BW_HAS_XCV

/* Sums with two keys: high0, low0, high1, low1. The query: words of two high bytes and of two low ones, in turns. */
void bw_attend_two_s16_xcv(const uint32_t *query, const int16_t *keys, int32_t stride, int32_t words, int32_t *sums);
/* Four elements as bw_ring_xcv.h states. */
void bw_ring_four_s16_xcv(const int16_t *weights, const int16_t *rows, int32_t stride, int32_t count, int32_t *halves);

/* clang-format off */
__asm__(
    "function bw_attend_two_s16_xcv\n"
    " slli a2, a2, 1\n add a2, a1, a2\n li a6, 0\n li a7, 0\n li t0, 0\n li t1, 0\n"
    " hardware_loop a3, 8\n"
    " lw_post t3, a0, 4\n lw_post t4, a0, 4\n lw_post t5, a1, 4\n lw_post t6, a2, 4\n"
    " sdotsp_h a6, t3, t5\n sdotsp_h a7, t4, t5\n sdotsp_h t0, t3, t6\n sdotsp_h t1, t4, t6\n"
    " sw a6, 0(a4)\n sw a7, 4(a4)\n sw t0, 8(a4)\n sw t1, 12(a4)\n ret\n"
    "end_function bw_attend_two_s16_xcv\n");
__asm__(
    "function bw_ring_four_s16_xcv\n" BW_RING_CLEAR
    " hardware_loop a3, 17\n lh a5, 0(a0)\n addi a0, a0, 2\n srai t6, a5, 8\n andi a5, a5, 255\n"
    BW_RING_ELEMENT(" lh a3, 0(a1)\n", "a6", "t2") BW_RING_ELEMENT(" lh a3, 2(a1)\n", "a7", "t3")
    BW_RING_ELEMENT(" lh a3, 4(a1)\n", "t0", "t4") BW_RING_ELEMENT(" lh a3, 6(a1)\n", "t1", "t5")
    " add a1, a1, a2\n" BW_RING_STORE
    "end_function bw_ring_four_s16_xcv\n");
/* clang-format on */

#else

static void bw_attend_two_s16_xcv(const uint32_t *query, const int16_t *keys, int32_t stride, int32_t words,
                                  int32_t *sums) {
    for (int32_t j = 0; j < 4; ++j) {
        const int16_t *const key = keys + j / 2 * stride;
        sums[j] = 0;
        for (int32_t i = 0; i < words; ++i) {
            const uint32_t two = query[2 * i + j % 2];
            sums[j] += (int16_t)two * key[2 * i] + (int16_t)(two >> 16) * key[2 * i + 1];
        }
    }
}

static void bw_ring_four_s16_xcv(const int16_t *weights, const int16_t *rows, int32_t stride, int32_t count,
                                 int32_t *halves) {
    bw_ring_clear_xcv(halves);
    for (int32_t j = 0; j < count; ++j) {
        for (int32_t k = 0; k < 4; ++k) {
            bw_ring_half_xcv(weights[j], 8, rows[j * (stride / 2) + k], halves + k);
        }
    }
}

#endif

void bw_ring_sums_xcv_s16(const int16_t *weights, const int16_t *rows, int32_t stride, int32_t count, int32_t depth,
                          int64_t *sums) {
    for (; depth >= 4; depth -= 4, rows += 4, sums += 4) {
        for (int32_t j = 0, halves[8]; j < count; j += BW_RING_MOST_S16) {
            const int32_t some = count - j < BW_RING_MOST_S16 ? count - j : BW_RING_MOST_S16;
            bw_ring_four_s16_xcv(weights + j, rows + j * stride, 2 * stride, some, halves);
            bw_ring_add_xcv(halves, 8, sums);
        }
    }
    bw_ring_split_s16(weights, rows, stride, count, depth, sums);
}

void bw_attend_scores_s16(const int16_t *query, const int16_t *keys, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *scores) {
    const int aligned = (((uintptr_t)keys & 3U) | ((uintptr_t)(stride | depth) & 1U)) == 0;
    if (aligned && depth > 0 && depth <= TAPS) {
        uint32_t words[TAPS];
        for (int32_t i = 0; i < depth; i += 2) {
            const int32_t a = query[i], b = query[i + 1];
            words[i] = (uint32_t)(uint16_t)(a >> 8) | (uint32_t)(b >> 8) << 16;
            words[i + 1] = (uint32_t)(a & 0xFF) | (uint32_t)(b & 0xFF) << 16;
        }
        for (int32_t sums[4]; count >= 2; count -= 2, keys += 2 * stride, scores += 2) {
            bw_attend_two_s16_xcv(words, keys, stride, depth / 2, sums);
            scores[0] = (int32_t)(bw_ring_joined(sums[0], sums[1], 8) >> shift);
            scores[1] = (int32_t)(bw_ring_joined(sums[2], sums[3], 8) >> shift);
        }
    }
    for (; count > 0; --count, keys += stride) {
        *scores++ = (int32_t)(bw_inner_s16(query, keys, depth) >> shift);
    }
}

void bw_attend_values_s16(const int16_t *weights, const int16_t *values, int32_t stride, int32_t count, int32_t depth,
                          int32_t shift, int32_t *sums) {
    const int64_t half = (INT64_C(1) << shift) >> 1;
    for (int32_t some; depth > 0; depth -= some, values += some, sums += some) {
        int64_t wide[4] = {half, half, half, half};
        some = depth < 4 ? depth : 4;
        bw_ring_sums_xcv_s16(weights, values, stride, count, some, wide);
        for (int32_t i = 0; i < some; ++i) {
            sums[i] = (int32_t)(wide[i] >> shift);
        }
    }
}
