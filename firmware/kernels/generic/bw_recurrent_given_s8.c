/* Portable recurrent layer whose state comes in or goes out, or whose sequences have lengths. */
#include "bw_recurrent_given_s8.h"

#include <string.h>

#include "bw_recurrent_s8.h"

void bw_recurrent_given_s8(const bw_recurrent_given_s8_params *p, const void *const *inputs, void *const *outputs,
                           void *scratch) {
    const int32_t size = p->layer.narrow_state ? 1 : 2, batch = p->layer.batch; /* all below in bytes */
    const int32_t widths[2] = {size * p->layer.hidden, size * p->layer.kept_cells};
    const int32_t starts[2] = {0, widths[0]}, width = widths[0] + widths[1];
    const int8_t *const given[2] = {p->hidden ? inputs[1] : 0, p->cells ? inputs[p->hidden ? 2 : 1] : 0};
    const int32_t *const lengths = p->lengths ? inputs[1 + (p->hidden != 0) + (p->cells != 0)] : 0;
    int8_t *const state = scratch; /* [batch][width] */
    memset(state, 0, (size_t)(batch * width));
    for (int32_t part = 0; part < 2; ++part) {
        for (int32_t i = 0; given[part] && i < batch; ++i) {
            memcpy(state + i * width + starts[part], given[part] + i * widths[part], (size_t)widths[part]);
        }
    }
    p->layer.loop(&p->layer, lengths, inputs[0], outputs[0], state, state + ((batch * width + 3) & ~3));
    for (int32_t part = 0; part < p->last; ++part) {
        int8_t *const last = outputs[1 + part];
        for (int32_t i = 0; i < batch; ++i) {
            memcpy(last + i * widths[part], state + i * width + starts[part], (size_t)widths[part]);
        }
    }
}
