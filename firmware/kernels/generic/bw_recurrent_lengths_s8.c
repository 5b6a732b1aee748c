/* Portable loop over the steps of recurrent layers with lengths or a state of int8. */
#include "bw_recurrent_lengths_s8.h"

#include <string.h>

#include "bw_recurrent_parts_s8.h"
#include "bw_recurrent_take_s8.h"

/* A state of int8, hidden values in units of 2^8 and cells in units of 2^7 of those in which a step computes. */
static void widen(const int8_t *kept, int32_t count, int32_t shift, int16_t *h) {
    for (int32_t i = 0; i < count; ++i) {
        h[i] = (int16_t)(kept[i] * (1 << shift));
    }
}

/* The same, rounded. */
static void narrow(const int16_t *h, int32_t count, int32_t shift, int8_t *kept) {
    for (int32_t i = 0; i < count; ++i) {
        kept[i] = (int8_t)bw_clamp((h[i] + (1 << (shift - 1))) >> shift, INT8_MIN, INT8_MAX);
    }
}

/* The steps of a sequence. */
static int32_t steps_of(const bw_recurrent_s8_params *p, const int32_t *lengths, int32_t batch) {
    return lengths ? bw_clamp(lengths[batch], 0, p->steps) : p->steps;
}

/* A row of the output that stands for zeros. */
static void put_zeros(const bw_recurrent_s8_params *p, void *output, int32_t row) {
    for (int32_t k = row * p->hidden; k < (row + 1) * p->hidden; ++k) {
        if (p->wide_output) {
            ((int16_t *)output)[k] = (int16_t)p->zero_point;
        } else {
            ((int8_t *)output)[k] = (int8_t)p->zero_point;
        }
    }
}

void bw_recurrent_lengths_s8(const bw_recurrent_s8_params *p, const int32_t *lengths, const void *input, void *output,
                             void *state, void *scratch) {
    const int32_t width = p->hidden + p->kept_cells, size = p->narrow_state ? 1 : 2;
    int16_t *const room = (int16_t *)scratch + (p->narrow_state ? bw_recurrent_padded(width) : 0);
    int32_t all = 0;
    for (int32_t batch = 0; batch < p->batch; ++batch) {
        all += steps_of(p, lengths, batch);
    }
    bw_recurrent_stream weights = bw_recurrent_begin_s8(p, all, room);
    for (int32_t batch = 0; batch < p->batch; ++batch) {
        int8_t *const kept = (int8_t *)state + batch * width * size;
        int16_t *const h = p->narrow_state ? scratch : (int16_t *)state + batch * width;
        const int32_t steps = steps_of(p, lengths, batch), first = batch * p->batch_stride;
        if (steps == 0) {
            memset(kept, 0, (size_t)(width * size));
        }
        for (int32_t i = 0; i < steps; ++i) {
            const int32_t row = first + (p->reverse ? steps - 1 - i : i) * p->step_stride;
            if (p->narrow_state) {
                widen(kept, p->hidden, 8, h);
                widen(kept + p->hidden, p->kept_cells, 7, h + p->hidden);
                bw_recurrent_take_s8(p, input, output, row, kept, h, room, &weights);
                narrow(h, p->hidden, 8, kept);
                narrow(h + p->hidden, p->kept_cells, 7, kept + p->hidden);
            } else {
                bw_recurrent_take_s8(p, input, output, row, h, h, room, &weights);
            }
        }
        for (int32_t i = steps; i < p->steps; ++i) {
            put_zeros(p, output, first + i * p->step_stride);
        }
    }
}
