#include "bw_columns_s8_rvv.h"

/* One byte of each column times its weights. */
#define TAP(i)                                                                                                         \
    {                                                                                                                  \
        const bw_halfwords w = bw_load_bytes(weights, n);                                                              \
        weights += out_c;                                                                                              \
        a = bw_mac(a, xa[i], w, n);                                                                                    \
        if (several) {                                                                                                 \
            b = bw_mac(b, xb[i], w, n);                                                                                \
            c = bw_mac(c, xc[i], w, n);                                                                                \
        }                                                                                                              \
    }

/* n channels of one column or of several: two where the third is the second, or three. */
static inline void channels(const bw_columns_s8_rvv_params *p, int32_t channel, size_t n, const int8_t *x,
                            int32_t row_step, int several, int32_t third, int8_t *output) {
    const int32_t out_c = p->out_c, second = p->step;
    const bw_requantize_rvv *q = &p->requantize;
    const int8_t *weights = p->weights + channel;
    bw_words a = bw_load_words(q->bias + channel, n), b = a, c = a;
    for (int32_t row = p->rows; row > 0; --row) {
        const int8_t *xa = x, *xb = x + second, *xc = x + third, *const end = x + p->run;
        for (; end - xa >= 8; xa += 8, xb += 8, xc += 8) {
            TAP(0) TAP(1) TAP(2) TAP(3) TAP(4) TAP(5) TAP(6) TAP(7)
        }
        for (; xa < end; ++xa, ++xb, ++xc) {
            TAP(0)
        }
        x += row_step;
    }
    bw_round_rvv(q, channel, &a, several ? &b : 0, several ? &c : 0, n);
    bw_store_bytes(output, bw_clamp_rvv(q, a, n), n);
    if (several) {
        bw_store_bytes(output + out_c, bw_clamp_rvv(q, b, n), n);
        if (third != second) {
            bw_store_bytes(output + 2 * out_c, bw_clamp_rvv(q, c, n), n);
        }
    }
}

static void one(const bw_columns_s8_rvv_params *restrict p, const int8_t *x, int32_t row_step, int8_t *output) {
    for (int32_t channel = 0; channel < p->out_c;) {
        const size_t n = bw_lanes(p->out_c - channel);
        channels(p, channel, n, x, row_step, 0, 0, output + channel);
        channel += (int32_t)n;
    }
}

static void several(const bw_columns_s8_rvv_params *restrict p, const int8_t *x, int32_t row_step, int32_t third,
                    int8_t *output) {
    for (int32_t channel = 0; channel < p->out_c;) {
        const size_t n = bw_lanes(p->out_c - channel);
        channels(p, channel, n, x, row_step, 1, third, output + channel);
        channel += (int32_t)n;
    }
}

void bw_columns_s8_rvv(const bw_columns_s8_rvv_params *p, const int8_t *x, int32_t row_step, int32_t columns,
                       int8_t *output) {
    for (; columns > 1; columns -= BW_COLUMNS) {
        several(p, x, row_step, columns > 2 ? 2 * p->step : p->step, output);
        x += BW_COLUMNS * p->step;
        output += BW_COLUMNS * p->out_c;
    }
    if (columns == 1) {
        one(p, x, row_step, output);
    }
}
