/* Portable recurrent layer whose state comes in or goes out. */
#include "bw_recurrent_given_s8.h"

#include <string.h>

#include "bw_recurrent_s8.h"

void bw_recurrent_given_s8(const bw_recurrent_given_s8_params *p, const void *const *inputs, void *const *outputs,
                           void *scratch) {
    const int32_t parts = p->layer.kind == BW_LSTM ? 2 : 1;
    const int32_t width = p->layer.cells;
    const size_t bytes = (size_t)width * sizeof(int16_t);
    const int16_t *const hidden = p->hidden ? inputs[1] : 0;
    const int16_t *const cells = p->cells ? inputs[p->hidden ? 2 : 1] : 0;
    int16_t *const state = scratch; /* [batch][parts][cells] */
    memset(state, 0, bytes * (size_t)(p->layer.batch * parts));
    for (int32_t i = 0; i < p->layer.batch; ++i) {
        if (hidden) {
            memcpy(state + i * parts * width, hidden + i * width, bytes);
        }
        if (cells) {
            memcpy(state + (i * parts + 1) * width, cells + i * width, bytes);
        }
    }
    bw_recurrent_s8(&p->layer, inputs[0], outputs[0], state, state + ((p->layer.batch * parts * width + 1) & ~1));
    for (int32_t part = 0; part < p->last; ++part) {
        int16_t *const last = outputs[1 + part];
        for (int32_t i = 0; i < p->layer.batch; ++i) {
            memcpy(last + i * width, state + (i * parts + part) * width, bytes);
        }
    }
}
