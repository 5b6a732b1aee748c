/* Inner loops of attention on XCV.
 *
 * Cost: 7 instructions per eight products with keys, two at a time, where queries, keys and their stride are aligned to
 * four bytes; 19 per eight products with values, eight elements at a time.
 */
#include "bw_attend_s8.h"

#include "bw_attend_keys.h"
#include "bw_xcv.h"

#if BW_HAS_XCV

/* scores[0..1] = products with two keys of 4 * words elements. */
void bw_attend_two_xcv(const int8_t *query, const int8_t *keys, int32_t stride, int32_t words, int32_t *scores,
                       int32_t zero_point);
/* sums[0..7], of count values, at least one. */
void bw_attend_eight_xcv(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t *sums);

/* clang-format off */
__asm__(
    "function bw_attend_two_xcv\n"
    " add a2, a1, a2\n li a6, 0\n li a7, 0\n li t0, 0\n li t1, 0\n li t2, 0x01010101\n"
    " hardware_loop a3, 7\n"
    " lw_post t3, a0, 4\n lw_post t4, a1, 4\n lw_post t5, a2, 4\n"
    " sdotsp_b a6, t3, t4\n sdotsp_b a7, t3, t5\n sdotsp_b t0, t2, t4\n sdotsp_b t1, t2, t5\n"
    " mul t0, t0, a5\n sub a6, a6, t0\n sw a6, 0(a4)\n"
    " mul t1, t1, a5\n sub a7, a7, t1\n sw a7, 4(a4)\n ret\n"
    "end_function bw_attend_two_xcv\n"
    "function bw_attend_eight_xcv\n"
    " li a6, 0\n li a7, 0\n li t0, 0\n li t1, 0\n li t2, 0\n li t3, 0\n li t4, 0\n li t5, 0\n"
    " hardware_loop a3, 19\n"
    " lh t6, 0(a0)\n addi a0, a0, 2\n"
    " lb a5, 0(a1)\n mac a6, t6, a5\n lb a5, 1(a1)\n mac a7, t6, a5\n"
    " lb a5, 2(a1)\n mac t0, t6, a5\n lb a5, 3(a1)\n mac t1, t6, a5\n"
    " lb a5, 4(a1)\n mac t2, t6, a5\n lb a5, 5(a1)\n mac t3, t6, a5\n"
    " lb a5, 6(a1)\n mac t4, t6, a5\n lb a5, 7(a1)\n mac t5, t6, a5\n"
    " add a1, a1, a2\n"
    " sw a6, 0(a4)\n sw a7, 4(a4)\n sw t0, 8(a4)\n sw t1, 12(a4)\n"
    " sw t2, 16(a4)\n sw t3, 20(a4)\n sw t4, 24(a4)\n sw t5, 28(a4)\n ret\n"
    "end_function bw_attend_eight_xcv\n");
/* clang-format on */

#else

static void bw_attend_two_xcv(const int8_t *query, const int8_t *keys, int32_t stride, int32_t words, int32_t *scores,
                              int32_t zero_point) {
    for (int32_t j = 0; j < 2; ++j, keys += stride) {
        int32_t sum = 0, total = 0;
        for (int32_t i = 0; i < 4 * words; ++i) {
            sum += query[i] * keys[i];
            total += keys[i];
        }
        scores[j] = sum - zero_point * total;
    }
}

static void bw_attend_eight_xcv(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count,
                                int32_t *sums) {
    for (int32_t i = 0; i < 8; ++i) {
        sums[i] = 0;
        for (int32_t j = 0; j < count; ++j) {
            sums[i] += weights[j] * values[j * stride + i];
        }
    }
}

#endif

void bw_attend_scores_s8(const int8_t *query, int32_t zero_point, const int8_t *keys, int32_t stride, int32_t count,
                         int32_t depth, int32_t *scores) {
    const uintptr_t places = (uintptr_t)query | (uintptr_t)keys | (uintptr_t)stride | (uintptr_t)depth;
    if ((places & 3U) == 0 && depth > 0) {
        for (; count >= 2; count -= 2, keys += 2 * stride, scores += 2) {
            bw_attend_two_xcv(query, keys, stride, depth / 4, scores, zero_point);
        }
    }
    bw_attend_keys(query, zero_point, keys, stride, count, depth, scores);
}

void bw_attend_values_s8(const int16_t *weights, const int8_t *values, int32_t stride, int32_t count, int32_t depth,
                         int32_t *sums) {
    for (; depth >= 8 && count > 0; depth -= 8, values += 8, sums += 8) {
        bw_attend_eight_xcv(weights, values, stride, count, sums);
    }
    for (; depth > 0; --depth, ++values) {
        int32_t sum = 0;
        for (int32_t j = 0; j < count; ++j) {
            sum += weights[j] * values[j * stride];
        }
        *sums++ = sum;
    }
}
