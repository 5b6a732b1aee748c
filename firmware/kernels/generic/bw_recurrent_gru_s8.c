/* Portable step of a GRU. */
#include "bw_recurrent_gru_s8.h"

#include "bw_pwl_run_s16.h"
#include "bw_recurrent_gates_s8.h"
#include "bw_recurrent_parts_s8.h"
#include "bw_rows_column_s8.h"

/* The column of the hidden values times `reset`, which they take the place of. */
static const void *scaled(const bw_recurrent_s8_params *p, int16_t *reset, const int16_t *h, void *room) {
    if (!p->narrow_state) {
        for (int32_t i = 0; i < p->cells; ++i) {
            reset[i] = (int16_t)bw_recurrent_times(reset[i], h[i]);
        }
        return bw_rows_column_s16(reset, p->cells, room);
    }
    int8_t *const bytes = (int8_t *)reset;
    for (int32_t i = 0; i < p->cells; ++i) {
        bytes[i] = (int8_t)bw_recurrent_times(reset[i], h[i] >> 8);
    }
    return bw_rows_column_s8(bytes, p->cells, room);
}

void bw_recurrent_gru_s8(const bw_recurrent_s8_params *p, const bw_recurrent_operands *s, int16_t *h) {
    int16_t *const reset = s->gates, *const update = reset + p->cells, *const new = update + p->cells;
    bw_recurrent_operands last = *s;
    bw_recurrent_gates_s8(p, s, 0, 2 * p->cells, 0, reset);
    bw_logistic_run_s16(reset, 2 * p->cells, 3, reset);
    if (!p->reset_after) {
        last.h = scaled(p, reset, h, s->room);
    }
    bw_recurrent_gates_s8(p, &last, 2 * p->cells, 3 * p->cells, p->reset_after ? reset : 0, new);
    bw_tanh_run_s16(new, p->cells, 3, new);
    for (int32_t i = 0; i < p->cells; ++i) {
        h[i] =
            (int16_t)(new[i] + bw_recurrent_times(update[i], h[i] - new[i])); /* 32767 * 65534 and one half fit int32 */
    }
}
