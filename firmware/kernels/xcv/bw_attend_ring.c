/* Inner loops of attention to a ring on XCV: queries are split into their bytes for products of words.
 *
 * Cost: 8 instructions per eight products with rows of 8 bits, 20 per 16 of 4 bits, two rows at a time, where these and
 * their stride are aligned to four bytes; weighted sums as bw_ring_xcv.h states. Stack: 256 bytes.
 */
#include "bw_attend_ring.h"

#include "bw_ring_xcv.h"

/* Of a query that is split: deeper ones are multiplied in C. */
#define TAPS 128

#if BW_HAS_XCV

/* Of the bytes of a query, for every word of two rows: the high ones, the low ones. */
void bw_ring_two_s8_xcv(const uint32_t *query, const int8_t *rows, int32_t stride, int32_t words, int32_t *products);
/* Of even elements the high bytes, the low ones, of odd ones likewise. */
void bw_ring_two_s4_xcv(const uint32_t *query, const int8_t *rows, int32_t stride, int32_t words, int32_t *products);
/* Four elements as bw_ring_xcv.h states. */
void bw_ring_four_s8_xcv(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t *halves);
void bw_ring_four_s4_xcv(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t *halves);

/* clang-format off */
__asm__(
    "function bw_ring_two_s8_xcv\n"
    " add a2, a1, a2\n li a6, 0\n li a7, 0\n li t0, 0\n li t1, 0\n"
    " hardware_loop a3, 8\n"
    " lw_post t3, a0, 4\n lw_post t4, a0, 4\n lw_post t5, a1, 4\n lw_post t6, a2, 4\n"
    " sdotsp_b a6, t3, t5\n sdotusp_b a7, t4, t5\n sdotsp_b t0, t3, t6\n sdotusp_b t1, t4, t6\n"
    " slli a6, a6, 8\n add a6, a6, a7\n sw a6, 0(a4)\n"
    " slli t0, t0, 8\n add t0, t0, t1\n sw t0, 4(a4)\n ret\n"
    "end_function bw_ring_two_s8_xcv\n"
    "function bw_ring_two_s4_xcv\n"
    " add a2, a1, a2\n li a6, 0\n li a7, 0\n li t0, 0\n li t1, 0\n li a5, 0xF0F0F0F0\n"
    " hardware_loop a3, 20\n"
    " lw_post t2, a0, 4\n lw_post t3, a0, 4\n lw_post t4, a0, 4\n lw_post t5, a0, 4\n"
    " lw_post t6, a1, 4\n slli a3, t6, 4\n and a3, a3, a5\n and t6, t6, a5\n"
    " sdotsp_b a6, t2, a3\n sdotusp_b a7, t3, a3\n sdotsp_b a6, t4, t6\n sdotusp_b a7, t5, t6\n"
    " lw_post t6, a2, 4\n slli a3, t6, 4\n and a3, a3, a5\n and t6, t6, a5\n"
    " sdotsp_b t0, t2, a3\n sdotusp_b t1, t3, a3\n sdotsp_b t0, t4, t6\n sdotusp_b t1, t5, t6\n"
    " slli a6, a6, 8\n add a6, a6, a7\n srai a6, a6, 4\n sw a6, 0(a4)\n"
    " slli t0, t0, 8\n add t0, t0, t1\n srai t0, t0, 4\n sw t0, 4(a4)\n ret\n"
    "end_function bw_ring_two_s4_xcv\n");
__asm__(
    "function bw_ring_four_s8_xcv\n" BW_RING_CLEAR
    " hardware_loop a3, 17\n" BW_RING_FACTOR
    BW_RING_ELEMENT(" lb a3, 0(a1)\n", "a6", "t2") BW_RING_ELEMENT(" lb a3, 1(a1)\n", "a7", "t3")
    BW_RING_ELEMENT(" lb a3, 2(a1)\n", "t0", "t4") BW_RING_ELEMENT(" lb a3, 3(a1)\n", "t1", "t5")
    " add a1, a1, a2\n" BW_RING_STORE
    "end_function bw_ring_four_s8_xcv\n"
    "function bw_ring_four_s4_xcv\n" BW_RING_CLEAR
    " hardware_loop a3, 23\n" BW_RING_FACTOR
    BW_RING_ELEMENT(" lb a3, 0(a1)\n slli a3, a3, 28\n srai a3, a3, 28\n", "a6", "t2")
    BW_RING_ELEMENT(" lb a3, 0(a1)\n srai a3, a3, 4\n", "a7", "t3")
    BW_RING_ELEMENT(" lb a3, 1(a1)\n slli a3, a3, 28\n srai a3, a3, 28\n", "t0", "t4")
    BW_RING_ELEMENT(" lb a3, 1(a1)\n srai a3, a3, 4\n", "t1", "t5")
    " add a1, a1, a2\n" BW_RING_STORE
    "end_function bw_ring_four_s4_xcv\n");
/* clang-format on */

#else

/* Tap i of words of high and low bytes. */
static int32_t tap(const uint32_t *high, int32_t i) {
    const int32_t low = (int32_t)(high[1] >> 8 * i & 0xFFU);
    return (int8_t)(high[0] >> 8 * i) * 256 + low;
}

static void bw_ring_two_s8_xcv(const uint32_t *query, const int8_t *rows, int32_t stride, int32_t words,
                               int32_t *products) {
    for (int32_t j = 0; j < 2; ++j, rows += stride) {
        products[j] = 0;
        for (int32_t i = 0; i < 4 * words; ++i) {
            products[j] += tap(query + i / 4 * 2, i % 4) * rows[i];
        }
    }
}

static void bw_ring_two_s4_xcv(const uint32_t *query, const int8_t *rows, int32_t stride, int32_t words,
                               int32_t *products) {
    for (int32_t j = 0; j < 2; ++j, rows += stride) {
        products[j] = 0;
        for (int32_t i = 0; i < 4 * words; ++i) {
            const uint32_t *const at = query + i / 4 * 4;
            products[j] += tap(at, i % 4) * bw_ring_low(rows[i]) + tap(at + 2, i % 4) * bw_ring_high(rows[i]);
        }
    }
}

static void bw_ring_four_s8_xcv(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count,
                                int32_t *halves) {
    bw_ring_clear_xcv(halves);
    for (int32_t j = 0; j < count; ++j) {
        for (int32_t k = 0; k < 4; ++k) {
            bw_ring_half_xcv(factors[j], 15, rows[j * stride + k], halves + k);
        }
    }
}

static void bw_ring_four_s4_xcv(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count,
                                int32_t *halves) {
    bw_ring_clear_xcv(halves);
    for (int32_t j = 0; j < count; ++j) {
        for (int32_t k = 0; k < 4; k += 2) {
            bw_ring_half_xcv(factors[j], 15, bw_ring_low(rows[j * stride + k / 2]), halves + k);
            bw_ring_half_xcv(factors[j], 15, bw_ring_high(rows[j * stride + k / 2]), halves + k + 1);
        }
    }
}

#endif

/* Four taps, `step` apart, as words of their high and low bytes. */
static void bytes_of(const int16_t *query, int32_t step, uint32_t *words) {
    words[0] = words[1] = 0;
    for (int32_t i = 0; i < 4; ++i) {
        const uint32_t tap = (uint16_t)query[i * step];
        words[0] |= (tap >> 8) << 8 * i;
        words[1] |= (tap & 0xFFU) << 8 * i;
    }
}

void bw_ring_products_s8(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                         int32_t *products) {
    if ((((uintptr_t)rows | (uintptr_t)stride | (uintptr_t)depth) & 3U) == 0 && count >= 2 && depth <= TAPS) {
        uint32_t words[TAPS / 2];
        for (int32_t i = 0; i < depth; i += 4) {
            bytes_of(query + i, 1, words + i / 2);
        }
        for (; count >= 2; count -= 2, rows += 2 * stride, products += 2) {
            bw_ring_two_s8_xcv(words, rows, stride, depth / 4, products);
        }
    }
    bw_ring_rows_s8(query, rows, stride, count, depth, products);
}

void bw_ring_products_s4(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                         int32_t *products) {
    if ((((uintptr_t)rows | (uintptr_t)stride) & 3U) == 0 && (depth & 7) == 0 && count >= 2 && depth <= TAPS) {
        uint32_t words[TAPS / 2];
        for (int32_t i = 0; i < depth; i += 8) {
            bytes_of(query + i, 2, words + i / 2);
            bytes_of(query + i + 1, 2, words + i / 2 + 2);
        }
        for (; count >= 2; count -= 2, rows += 2 * stride, products += 2) {
            bw_ring_two_s4_xcv(words, rows, stride, depth / 8, products);
        }
    }
    bw_ring_rows_s4(query, rows, stride, count, depth, products);
}

void bw_ring_sums_s8(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                     int64_t *sums) {
    for (; depth >= 4; depth -= 4, rows += 4, sums += 4) {
        for (int32_t j = 0, halves[8]; j < count; j += BW_RING_MOST) {
            const int32_t some = count - j < BW_RING_MOST ? count - j : BW_RING_MOST;
            bw_ring_four_s8_xcv(factors + j, rows + j * stride, stride, some, halves);
            bw_ring_add_xcv(halves, 15, sums);
        }
    }
    bw_ring_split_s8(factors, rows, stride, count, depth, sums);
}

void bw_ring_sums_s4(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                     int64_t *sums) {
    for (; depth >= 4; depth -= 4, rows += 2, sums += 4) {
        for (int32_t j = 0, halves[8]; j < count; j += BW_RING_MOST) {
            const int32_t some = count - j < BW_RING_MOST ? count - j : BW_RING_MOST;
            bw_ring_four_s4_xcv(factors + j, rows + j * stride, stride, some, halves);
            bw_ring_add_xcv(halves, 15, sums);
        }
    }
    bw_ring_split_s4(factors, rows, stride, count, depth, sums);
}

void bw_ring_sums_s16(const int16_t *weights, const int16_t *rows, int32_t stride, int32_t count, int32_t depth,
                      int64_t *sums) {
    bw_ring_sums_xcv_s16(weights, rows, stride, count, depth, sums);
}
