#include "bw_columns_s8_rvv.h"

/* One byte of each column times its weights. */
#define TAP(i)                                                                                                         \
    {                                                                                                                  \
        const bw_halfwords w = bw_load_bytes(weights, n);                                                              \
        weights += p->out_c;                                                                                           \
        a = bw_mac(a, xa[i], w, n);                                                                                    \
        b = bw_mac(b, xb[i], w, n);                                                                                    \
        c = bw_mac(c, xc[i], w, n);                                                                                    \
    }

/* n channels of all columns; second and third say how far these are from the first, 0 where there are fewer. */
static inline void channels(const bw_columns_s8_rvv_params *p, int32_t channel, size_t n, const int8_t *x,
                            int32_t row_step, int32_t second, int32_t third, int8_t *output) {
    const int8_t *weights = p->weights + channel;
    bw_words a = bw_load_words(p->requantize.bias + channel, n), b = a, c = a;
    for (int32_t row = 0; row < p->rows; ++row) {
        for (int32_t run = 0; run < p->runs; ++run) {
            const int8_t *xa = x + run * p->run_step, *xb = xa + second, *xc = xa + third;
            const int8_t *const end = xa + p->run;
            for (; end - xa >= 4; xa += 4, xb += 4, xc += 4) {
                TAP(0) TAP(1) TAP(2) TAP(3)
            }
            for (; xa < end; ++xa, ++xb, ++xc) {
                TAP(0)
            }
        }
        x += row_step;
    }
    const bw_requantize_rvv *q = &p->requantize;
    bw_round_rvv(q, channel, &a, &b, &c, n);
    bw_store_bytes(output, bw_clamp_rvv(q, a, n), n);
    if (second != 0) {
        bw_store_bytes(output + p->out_c, bw_clamp_rvv(q, b, n), n);
    }
    if (third != 0) {
        bw_store_bytes(output + 2 * p->out_c, bw_clamp_rvv(q, c, n), n);
    }
}

void bw_columns_s8_rvv(const bw_columns_s8_rvv_params *restrict p, const int8_t *x, int32_t row_step, int32_t columns,
                       int8_t *output) {
    const int32_t second = columns > 1 ? p->step : 0, third = columns > 2 ? 2 * p->step : 0;
    for (int32_t channel = 0; channel < p->out_c;) {
        const size_t n = bw_lanes(p->out_c - channel);
        channels(p, channel, n, x, row_step, second, third, output + channel);
        channel += (int32_t)n;
    }
}
