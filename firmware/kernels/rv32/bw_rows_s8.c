/* Products of rows and a column of int16: four rows share every load of the column, and four columns the loop's own
 * instructions: 58 for 16 products. */
#include "bw_rows_s8.h"

/* One value of the column times four rows. As instructions, for compilers would load ahead what they have no registers
 * for. */
#ifdef __riscv
#define ROW(sum, weights, i)                                                                                           \
    "lb %[w], " #i "(%[" weights "])\n\tmul %[w], %[w], %[x]\n\tadd %[" sum "], %[" sum "], %[w]\n\t"
#define TAP(i)                                                                                                         \
    do {                                                                                                               \
        const int32_t value = x[i];                                                                                    \
        int32_t w;                                                                                                     \
        __asm__ volatile(                                                                                              \
            ROW("a", "first", i) ROW("b", "second", i) ROW("c", "third", i) ROW("d", "fourth", i)                      \
            : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [w] "=&r"(w)                                         \
            : [x] "r"(value), [first] "r"(first), [second] "r"(second), [third] "r"(third), [fourth] "r"(fourth)       \
            : "memory");                                                                                               \
    } while (0)
#else
#define TAP(i) (a += x[i] * first[i], b += x[i] * second[i], c += x[i] * third[i], d += x[i] * fourth[i])
#endif

/* A function of its own, so that nothing else wants a register. */
__attribute__((noinline)) static void four_rows(const int8_t *first, const int16_t *x, int32_t depth,
                                                const int32_t *bias, int32_t *sums) {
    const int8_t *second = first + depth, *third = second + depth, *fourth = third + depth;
    int32_t a = bias[0], b = bias[1], c = bias[2], d = bias[3];
    for (const int16_t *const end = x + depth; x < end;) {
        TAP(0);
        TAP(1);
        TAP(2);
        TAP(3);
        x += 4, first += 4, second += 4, third += 4, fourth += 4;
    }
    sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}

void bw_rows_s16(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                 int32_t *sums) {
    const int16_t *const x = column;
    for (; rows >= 4; rows -= 4, weights += 4 * depth, bias += 4, sums += 4) {
        four_rows(weights, x, depth, bias, sums);
    }
    for (; rows > 0; --rows) {
        int32_t sum = *bias++;
        for (int32_t i = 0; i < depth; ++i) {
            sum += x[i] * *weights++;
        }
        *sums++ = sum;
    }
}

void bw_rows_s8(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                int32_t *sums) {
    bw_rows_s16(weights, column, depth, rows, bias, sums);
}
