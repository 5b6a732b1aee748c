/* Inner loops of attention to a ring with SMLAD and SMLAL.
 *
 * Cost: 1.6 instructions per product with rows of 8 bits, four at a time, 1.7 of 4 bits, two at a time; 3 per product
 * of weighted sums of 8 and 4 bits, 2.5 of 16. Stack: 256 bytes for as many as TAPS
 * taps of the query that are widened at a time.
 */
#include "bw_attend_ring.h"

#include "bw_attend_pairs_dsp.h"
#include "bw_attend_rows_dsp.h"
#include "bw_ring_sums.h"

#define TAPS 128

/* Products of up to TAPS taps, added. */
static void add_products_s8(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                            int32_t *products) {
    uint32_t wide[TAPS / 2], *end = wide;
    const int32_t whole = depth & ~3, fours = whole > 0 ? count / 4 : 0;
    for (int32_t i = 0; i < whole; i += 4, end += 2) {
        const uint32_t a = bw_load32(query + i), b = bw_load32(query + i + 2);
        end[0] = bw_pkhbt(a, b);
        end[1] = bw_pkhtb(a, b);
    }
    if (fours > 0) {
        bw_attend_fours_dsp(wide, end, rows, stride, products, fours);
    }
    for (int32_t j = 4 * fours; j < count; ++j) {
        products[j] += bw_attend_one_dsp(wide, end, rows + j * stride);
    }
    for (int32_t j = 0; j < count && whole < depth; ++j) {
        products[j] += bw_ring_one_s8(query + whole, rows + j * stride + whole, depth - whole);
    }
}

void bw_ring_products_s8(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                         int32_t *products) {
    memset(products, 0, 4U * (uint32_t)count);
    for (int32_t taps; depth > 0; depth -= taps, query += taps, rows += taps) {
        taps = depth < TAPS ? depth : TAPS;
        add_products_s8(query, rows, stride, count, taps, products);
    }
}

/* Two rows of whole words of eight elements, of which the query's sum was taken off eight times: nibbles plus eight are
 * not negative, and four shifted by as many bits are halfwords as they are. */
static void two_rows_s4(const uint32_t *wide, const uint32_t *end, const int8_t *first, const int8_t *second,
                        int32_t start, int32_t *products) {
    const uint32_t mask = 0x000F000FU;
    int32_t s0 = start, s1 = start;
    for (; wide < end; wide += 4, first += 4, second += 4) {
        const uint32_t a = bw_load32(first) ^ 0x88888888U, b = bw_load32(second) ^ 0x88888888U;
        s0 = bw_smlad(wide[0], a & mask, s0), s1 = bw_smlad(wide[0], b & mask, s1);
        s0 = bw_smlad(wide[1], a >> 4 & mask, s0), s1 = bw_smlad(wide[1], b >> 4 & mask, s1);
        s0 = bw_smlad(wide[2], a >> 8 & mask, s0), s1 = bw_smlad(wide[2], b >> 8 & mask, s1);
        s0 = bw_smlad(wide[3], a >> 12 & mask, s0), s1 = bw_smlad(wide[3], b >> 12 & mask, s1);
    }
    products[0] = s0, products[1] = s1;
}

/* Products of up to TAPS taps, added. */
static void add_products_s4(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                            int32_t *products) {
    uint32_t wide[TAPS / 2], *end = wide;
    const int32_t whole = depth & ~7;
    int32_t start = 0;
    for (int32_t i = 0; i < whole; i += 8, end += 4) {
        const uint32_t a = bw_load32(query + i), b = bw_load32(query + i + 2);
        const uint32_t c = bw_load32(query + i + 4), d = bw_load32(query + i + 6);
        end[0] = bw_pkhbt(a, c), end[1] = bw_pkhtb(a, c), end[2] = bw_pkhbt(b, d), end[3] = bw_pkhtb(b, d);
        const uint32_t eight = 0xFFF8FFF8U; /* -8, twice */
        start = bw_smlad(eight, a, bw_smlad(eight, b, bw_smlad(eight, c, bw_smlad(eight, d, start))));
    }
    for (; count > 0; count -= 2, rows += 2 * stride, products += 2) {
        const int8_t *const second = count > 1 ? rows + stride : rows;
        int32_t both[2];
        two_rows_s4(wide, end, rows, second, start, both);
        if (whole < depth) {
            both[0] += bw_ring_one_s4(query + whole, rows + whole / 2, depth - whole);
            both[1] += bw_ring_one_s4(query + whole, second + whole / 2, depth - whole);
        }
        products[0] += both[0];
        if (count > 1) {
            products[1] += both[1];
        }
    }
}

void bw_ring_products_s4(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                         int32_t *products) {
    memset(products, 0, 4U * (uint32_t)count);
    for (int32_t taps; depth > 0; depth -= taps, query += taps, rows += taps / 2) {
        taps = depth < TAPS ? depth : TAPS;
        add_products_s4(query, rows, stride, count, taps, products);
    }
}

void bw_ring_sums_s8(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                     int64_t *sums) {
    bw_ring_wide_s8(factors, rows, stride, count, depth, sums);
}

void bw_ring_sums_s4(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                     int64_t *sums) {
    bw_ring_wide_s4(factors, rows, stride, count, depth, sums);
}

void bw_ring_sums_s16(const int16_t *weights, const int16_t *rows, int32_t stride, int32_t count, int32_t depth,
                      int64_t *sums) {
    for (; depth >= 2; depth -= 2, rows += 2, sums += 2) {
        bw_attend_two_dsp(weights, rows, stride, count, sums);
    }
    for (int32_t j = 0; depth > 0 && j < count; ++j) {
        *sums += weights[j] * rows[j * stride];
    }
}
