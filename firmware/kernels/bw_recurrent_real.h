/* Steps of recurrent layers in float, from the products of their gates: with the input, x, and with the hidden values,
 * a, [gates][cells] each. */
#ifndef BW_RECURRENT_REAL_H
#define BW_RECURRENT_REAL_H

#include "bw_dot_real.h"
#include "bw_functions_real.h"

#ifdef BW_HALF
#define BW_REAL_MOST 65504.0f
#else
#define BW_REAL_MOST 3.4028234663852886e38f
#endif

static inline void bw_keep_real(bw_real *to, float x) { bw_store(to, bw_clamp(x, -BW_REAL_MOST, BW_REAL_MOST)); }

static inline void bw_rnn_real(int32_t cells, const float *x, const float *a, bw_real *hidden) {
    for (int32_t i = 0; i < cells; ++i) {
        bw_keep_real(hidden + i, bw_tanh_real(x[i] + a[i]));
    }
}

static inline void bw_lstm_real(int32_t cells, const float *x, const float *a, bw_real *hidden, bw_real *kept) {
    for (int32_t i = 0; i < cells; ++i) {
        const int32_t f = i + cells, g = f + cells, o = g + cells;
        const float old = bw_logistic_real(x[f] + a[f]) * bw_load(kept + i);
        bw_keep_real(kept + i, old + bw_logistic_real(x[i] + a[i]) * bw_tanh_real(x[g] + a[g]));
        bw_keep_real(hidden + i, bw_logistic_real(x[o] + a[o]) * bw_tanh_real(bw_load(kept + i)));
    }
}

/* The reset gates times the hidden values. */
static inline void bw_reset_real(int32_t cells, const float *x, const float *a, const bw_real *hidden, bw_real *reset) {
    for (int32_t i = 0; i < cells; ++i) {
        bw_keep_real(reset + i, bw_logistic_real(x[i] + a[i]) * bw_load(hidden + i));
    }
}

static inline void bw_gru_real(int32_t cells, int32_t reset_after, const float *x, const float *a, bw_real *hidden) {
    for (int32_t i = 0; i < cells; ++i) {
        const int32_t z = i + cells, n = z + cells;
        const float update = bw_logistic_real(x[z] + a[z]);
        const float recurrent = reset_after ? bw_logistic_real(x[i] + a[i]) * a[n] : a[n];
        const float fresh = bw_tanh_real(x[n] + recurrent);
        bw_keep_real(hidden + i, fresh + update * (bw_load(hidden + i) - fresh));
    }
}

#endif /* BW_RECURRENT_REAL_H */
