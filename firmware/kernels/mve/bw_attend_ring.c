/* Inner loops of attention to a ring on Helium.
 *
 * Cost: 5 instructions per 16 products with rows of 8 bits, two at a time, 8 per 16 of 4 bits; 10 per eight products of
 * weighted sums of 8 bits, 12 of 4 bits: factors are split into 15 bits and the rest, which 32 bits hold over 256 rows;
 * 5 per eight of 16 bits, which are gathered. Stack: 256 bytes for a query of
 * 4-bit rows; deeper ones than TAPS are multiplied in C.
 */
#include "bw_attend_ring.h"

#include <string.h>

#include "bw_attend_element_mve.h"
#include "bw_ring_split.h"

#define TAPS 128

#ifdef __ARM_FEATURE_MVE

static void two_rows_s8(const int16_t *query, const int8_t *first, const int8_t *second, int32_t depth,
                        int32_t *products) {
    int32_t s0 = 0, s1 = 0;
    __asm__ volatile("wlstp.16      lr, %5, 2f    \n"
                     "1:                          \n"
                     "vldrh.u16     q0, [%2], #16 \n"
                     "vldrb.s16     q1, [%3], #8  \n"
                     "vldrb.s16     q2, [%4], #8  \n"
                     "vmladava.s16  %0, q0, q1    \n"
                     "vmladava.s16  %1, q0, q2    \n"
                     "letp          lr, 1b        \n"
                     "2:                          \n"
                     : "+Te"(s0), "+Te"(s1), "+l"(query), "+l"(first), "+l"(second)
                     : "r"(depth)
                     : "lr", "q0", "q1", "q2", "memory");
    products[0] = s0, products[1] = s1;
}

/* The query's elements of even places, then those of odd places. */
static int32_t row_s4(const int16_t *even, const int16_t *odd, const int8_t *row, int32_t bytes) {
    int32_t sum = 0;
    __asm__ volatile("wlstp.16      lr, %4, 2f    \n"
                     "1:                          \n"
                     "vldrb.s16     q2, [%3], #8  \n"
                     "vldrh.u16     q0, [%1], #16 \n"
                     "vshl.i16      q3, q2, #12   \n"
                     "vldrh.u16     q1, [%2], #16 \n"
                     "vshr.s16      q3, q3, #12   \n"
                     "vshr.s16      q2, q2, #4    \n"
                     "vmladava.s16  %0, q0, q3    \n"
                     "vmladava.s16  %0, q1, q2    \n"
                     "letp          lr, 1b        \n"
                     "2:                          \n"
                     : "+Te"(sum), "+r"(even), "+r"(odd), "+l"(row)
                     : "r"(bytes)
                     : "lr", "q0", "q1", "q2", "q3", "memory");
    return sum;
}

/* Eight elements of up to BW_RING_MOST rows. */
static void eight_s8(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t *halves) {
    int32_t low, high;
    __asm__ volatile("vmov.i32  q0, #0           \n"
                     "vmov.i32  q1, #0           \n"
                     "vmov.i32  q2, #0           \n"
                     "vmov.i32  q3, #0           \n"
                     "wls       lr, %5, 2f       \n"
                     "1:                         \n"
                     "ldr       %0, [%2], #4     \n"
                     "vldrb.s32 q4, [%3]         \n"
                     "asr       %1, %0, #15      \n"
                     "vldrb.s32 q5, [%3, #4]     \n"
                     "ubfx      %0, %0, #0, #15  \n"
                     "vmla.s32  q0, q4, %0       \n"
                     "vmla.s32  q1, q5, %0       \n"
                     "vmla.s32  q2, q4, %1       \n"
                     "vmla.s32  q3, q5, %1       \n"
                     "add       %3, %3, %4       \n"
                     "le        lr, 1b           \n"
                     "2:                         \n"
                     "vstrw.32  q0, [%6]         \n"
                     "vstrw.32  q1, [%6, #16]    \n"
                     "vstrw.32  q2, [%6, #32]    \n"
                     "vstrw.32  q3, [%6, #48]    \n"
                     : "=&r"(low), "=&r"(high), "+r"(factors), "+l"(rows)
                     : "r"(stride), "r"(count), "r"(halves)
                     : "lr", "q0", "q1", "q2", "q3", "q4", "q5", "memory");
}

/* Up to four bytes of as many rows, which are eight elements: those of even places first. */
static void bytes_s4(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t bytes,
                     int32_t *halves) {
    int32_t low, high;
    __asm__ volatile("vmov.i32   q0, #0           \n"
                     "vmov.i32   q1, #0           \n"
                     "vmov.i32   q2, #0           \n"
                     "vmov.i32   q3, #0           \n"
                     "vctp.32    %7               \n"
                     "wls        lr, %5, 2f       \n"
                     "1:                          \n"
                     "ldr        %0, [%2], #4     \n"
                     "vpst                        \n"
                     "vldrbt.s32 q4, [%3]         \n"
                     "asr        %1, %0, #15      \n"
                     "vshl.i32   q5, q4, #28      \n"
                     "ubfx       %0, %0, #0, #15  \n"
                     "vshr.s32   q5, q5, #28      \n"
                     "vshr.s32   q4, q4, #4       \n"
                     "vmla.s32   q0, q5, %0       \n"
                     "vmla.s32   q1, q4, %0       \n"
                     "vmla.s32   q2, q5, %1       \n"
                     "vmla.s32   q3, q4, %1       \n"
                     "add        %3, %3, %4       \n"
                     "le         lr, 1b           \n"
                     "2:                          \n"
                     "vstrw.32   q0, [%6]         \n"
                     "vstrw.32   q1, [%6, #16]    \n"
                     "vstrw.32   q2, [%6, #32]    \n"
                     "vstrw.32   q3, [%6, #48]    \n"
                     : "=&r"(low), "=&r"(high), "+r"(factors), "+l"(rows)
                     : "r"(stride), "r"(count), "r"(halves), "r"(bytes)
                     : "lr", "q0", "q1", "q2", "q3", "q4", "q5", "memory");
}

#else

static void two_rows_s8(const int16_t *query, const int8_t *first, const int8_t *second, int32_t depth,
                        int32_t *products) {
    products[0] = bw_ring_one_s8(query, first, depth);
    products[1] = bw_ring_one_s8(query, second, depth);
}

static int32_t row_s4(const int16_t *even, const int16_t *odd, const int8_t *row, int32_t bytes) {
    int32_t sum = 0;
    for (int32_t i = 0; i < bytes; ++i) {
        sum += even[i] * bw_ring_low(row[i]) + odd[i] * bw_ring_high(row[i]);
    }
    return sum;
}

static void add_halves(int32_t factor, int32_t element, int32_t *halves) {
    halves[0] += (factor & 0x7FFF) * element;
    halves[8] += (factor >> 15) * element;
}

static void eight_s8(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t *halves) {
    memset(halves, 0, 64);
    for (int32_t j = 0; j < count; ++j) {
        for (int32_t i = 0; i < 8; ++i) {
            add_halves(factors[j], rows[j * stride + i], halves + i);
        }
    }
}

static void bytes_s4(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t bytes,
                     int32_t *halves) {
    memset(halves, 0, 64);
    for (int32_t j = 0; j < count; ++j) {
        for (int32_t i = 0; i < bytes; ++i) {
            add_halves(factors[j], bw_ring_low(rows[j * stride + i]), halves + i);
            add_halves(factors[j], bw_ring_high(rows[j * stride + i]), halves + 4 + i);
        }
    }
}

#endif

void bw_ring_products_s8(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                         int32_t *products) {
    for (; count >= 2; count -= 2, rows += 2 * stride, products += 2) {
        two_rows_s8(query, rows, rows + stride, depth, products);
    }
    if (count > 0) {
        int32_t twice[2];
        two_rows_s8(query, rows, rows, depth, twice);
        *products = twice[0];
    }
}

void bw_ring_products_s4(const int16_t *query, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                         int32_t *products) {
    int16_t even[TAPS / 2], odd[TAPS / 2];
    if (depth > TAPS) {
        bw_ring_rows_s4(query, rows, stride, count, depth, products);
        return;
    }
    for (int32_t i = 0; i < depth / 2; ++i) {
        even[i] = query[2 * i], odd[i] = query[2 * i + 1];
    }
    for (int32_t j = 0; j < count; ++j, rows += stride) {
        products[j] = row_s4(even, odd, rows, depth / 2);
    }
}

void bw_ring_sums_s8(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                     int64_t *sums) {
    for (int32_t some; count > 0; count -= some, factors += some, rows += some * stride) {
        some = count < BW_RING_MOST ? count : BW_RING_MOST;
        int32_t i = 0, halves[16];
        for (; i + 8 <= depth; i += 8) {
            eight_s8(factors, rows + i, stride, some, halves);
            for (int32_t k = 0; k < 8; ++k) {
                sums[i + k] += bw_ring_joined(halves[8 + k], halves[k], 15);
            }
        }
        bw_ring_split_s8(factors, rows + i, stride, some, depth - i, sums + i);
    }
}

void bw_ring_sums_s4(const int32_t *factors, const int8_t *rows, int32_t stride, int32_t count, int32_t depth,
                     int64_t *sums) {
    for (int32_t some; count > 0; count -= some, factors += some, rows += some * stride) {
        some = count < BW_RING_MOST ? count : BW_RING_MOST;
        for (int32_t i = 0, halves[16]; i < depth; i += 8) {
            const int32_t bytes = depth - i < 8 ? (depth - i) / 2 : 4;
            bytes_s4(factors, rows + i / 2, stride, some, bytes, halves);
            for (int32_t k = 0; k < bytes; ++k) {
                sums[i + 2 * k] += bw_ring_joined(halves[8 + k], halves[k], 15);
                sums[i + 2 * k + 1] += bw_ring_joined(halves[12 + k], halves[4 + k], 15);
            }
        }
    }
}

void bw_ring_sums_s16(const int16_t *weights, const int16_t *rows, int32_t stride, int32_t count, int32_t depth,
                      int64_t *sums) {
    for (int32_t i = 0; i < depth; ++i) {
        sums[i] = bw_attend_element_mve(weights, rows + i, stride, count, sums[i]);
    }
}
