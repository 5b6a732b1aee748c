/* Portable logistic function and hyperbolic tangent. */
#include "bw_sigmoid_s16.h"

#include "bw_sigmoid_form.h"

/* Inlined for each function, so that the form is in the instructions. */
static inline void run(const bw_sigmoid_s16_params *p, bw_sigmoid_form form, const int16_t *input, int16_t *output) {
    const int32_t half = p->shift > 0 ? 1 << (p->shift - 1) : 0, mask = (1 << form.bits) - 1;
    for (int32_t i = 0; i < p->size; ++i) {
        const int32_t x = (input[i] * p->multiplier + half) >> p->shift, magnitude = x < 0 ? -x : x;
        int32_t level = form.most;
        if (magnitude < form.flat) {
            const uint16_t *const line = p->table + (magnitude >> form.bits);
            level = (line[0] << form.bits) + (magnitude & mask) * (line[1] - line[0]);
        }
        level -= form.middle;
        output[i] = (int16_t)(((x < 0 ? ~level : level) + form.offset) >> form.down);
    }
}

void bw_sigmoid_s16(const bw_sigmoid_s16_params *p, const int16_t *input, int16_t *output) {
    if (p->is_tanh) {
        run(p, bw_sigmoid_form_of(1), input, output);
    } else {
        run(p, bw_sigmoid_form_of(0), input, output);
    }
}
