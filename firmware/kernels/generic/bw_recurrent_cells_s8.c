/* Portable cells of an LSTM. */
#include "bw_recurrent_cells_s8.h"

#include "bw_pwl_run_s16.h"
#include "bw_recurrent_gates_s8.h"
#include "bw_recurrent_parts_s8.h"

void bw_recurrent_cells_s8(const bw_recurrent_s8_params *p, const bw_recurrent_operands *s, int16_t *cell,
                           int16_t *outputs) {
    int16_t *const enter = s->gates, *const forget = enter + p->cells, *const new = forget + p->cells;
    int16_t *const leave = new + p->cells;
    bw_recurrent_gates_s8(p, s, 0, 4 * p->cells, 0, enter);
    bw_logistic_run_s16(enter, 2 * p->cells, 3, enter);
    bw_tanh_run_s16(new, p->cells, 3, new);
    bw_logistic_run_s16(leave, p->cells, 3, leave);
    for (int32_t i = 0; i < p->cells; ++i) {
        /* Products of 2^-26 and 2^-30, rounded once: (16 a + b + 2^18) / 2^19. */
        const int32_t sum = forget[i] * cell[i] + ((enter[i] * new[i] + (1 << 18)) >> 4);
        cell[i] = (int16_t)bw_recurrent_saturate(sum >> 15);
    }
    bw_tanh_run_s16(cell, p->cells, 4, outputs);
    for (int32_t i = 0; i < p->cells; ++i) {
        outputs[i] = (int16_t)bw_recurrent_times(leave[i], outputs[i]);
    }
}
