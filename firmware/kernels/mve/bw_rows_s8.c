/* Products of rows and a column by VMLADAVA, four rows at a time: 10 instructions for 64 products with int8, for 32
 * with int16. */
#include "bw_rows_s8.h"

#ifdef __ARM_FEATURE_MVE

/* clang-format off */

/* Sums a to d of the rows at w; lanes beyond the end are neither read nor added. */
#define ROWS(size, load_column, load_row) \
    __asm__ volatile( \
        "wlstp." size " lr, %[depth], 2f \n" \
        "1: \n" \
        load_column "   q0, [%[x]], #16 \n" \
        load_row        ROW("0") "vmladava.s" size " %[a], q0, q1 \n" \
        load_row        ROW("1") "vmladava.s" size " %[b], q0, q1 \n" \
        load_row        ROW("2") "vmladava.s" size " %[c], q0, q1 \n" \
        load_row        ROW("3") "vmladava.s" size " %[d], q0, q1 \n" \
        "letp           lr, 1b \n" \
        "2: \n" \
        : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [x] "+r"(x), [w0] "+l"(w0), [w1] "+l"(w1), \
          [w2] "+l"(w2), [w3] "+l"(w3) \
        : [depth] "r"(depth) \
        : "lr", "q0", "q1", "memory")

/* clang-format on */

static void four_rows(const int8_t *w0, const void *x, int32_t depth, int32_t wide, const int32_t *bias,
                      int32_t *sums) {
    const int8_t *w1 = w0 + depth, *w2 = w1 + depth, *w3 = w2 + depth;
    int32_t a = bias[0], b = bias[1], c = bias[2], d = bias[3];
    if (wide) {
#define ROW(i) "q1, [%[w" i "]], #8 \n"
        ROWS("16", "vldrh.u16", "vldrb.s16 ");
#undef ROW
    } else {
#define ROW(i) "q1, [%[w" i "]], #16 \n"
        ROWS("8", "vldrb.u8", "vldrb.u8 ");
#undef ROW
    }
    sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}

static int32_t one_row(const int8_t *w, const void *x, int32_t depth, int32_t wide, int32_t sum) {
    int32_t products;
    if (wide) {
        __asm__ volatile("mov         %[a], %[sum] \n"
                         "wlstp.16    lr, %[depth], 2f \n"
                         "1: \n"
                         "vldrh.u16   q0, [%[x]], #16 \n"
                         "vldrb.s16   q1, [%[w]], #8 \n"
                         "vmladava.s16 %[a], q0, q1 \n"
                         "letp        lr, 1b \n"
                         "2: \n"
                         : [a] "=&Te"(products), [x] "+r"(x), [w] "+l"(w)
                         : [depth] "r"(depth), [sum] "r"(sum)
                         : "lr", "q0", "q1", "memory");
    } else {
        __asm__ volatile("mov         %[a], %[sum] \n"
                         "wlstp.8     lr, %[depth], 2f \n"
                         "1: \n"
                         "vldrb.u8    q0, [%[x]], #16 \n"
                         "vldrb.u8    q1, [%[w]], #16 \n"
                         "vmladava.s8 %[a], q0, q1 \n"
                         "letp        lr, 1b \n"
                         "2: \n"
                         : [a] "=&Te"(products), [x] "+r"(x), [w] "+l"(w)
                         : [depth] "r"(depth), [sum] "r"(sum)
                         : "lr", "q0", "q1", "memory");
    }
    return products;
}

#else

static int32_t one_row(const int8_t *w, const void *x, int32_t depth, int32_t wide, int32_t sum) {
    for (int32_t i = 0; i < depth; ++i) {
        sum += w[i] * (wide ? ((const int16_t *)x)[i] : ((const int8_t *)x)[i]);
    }
    return sum;
}

static void four_rows(const int8_t *weights, const void *x, int32_t depth, int32_t wide, const int32_t *bias,
                      int32_t *sums) {
    for (int32_t row = 0; row < 4; ++row) {
        sums[row] = one_row(weights + row * depth, x, depth, wide, bias[row]);
    }
}

#endif

static void all_rows(const int8_t *weights, const void *column, int32_t depth, int32_t wide, int32_t rows,
                     const int32_t *bias, int32_t *sums) {
    for (; rows >= 4; rows -= 4, weights += 4 * depth, bias += 4, sums += 4) {
        four_rows(weights, column, depth, wide, bias, sums);
    }
    for (; rows > 0; --rows, weights += depth) {
        *sums++ = one_row(weights, column, depth, wide, *bias++);
    }
}

void bw_rows_s16(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                 int32_t *sums) {
    all_rows(weights, column, depth, 1, rows, bias, sums);
}

void bw_rows_s8(const int8_t *weights, const void *column, int32_t depth, int32_t rows, const int32_t *bias,
                int32_t *sums) {
    all_rows(weights, column, depth, 0, rows, bias, sums);
}
