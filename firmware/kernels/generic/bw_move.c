/* Portable strided copies. */
#include "bw_move.h"

#include <string.h>

#define ROW (5 + 3 * BW_MOVE_LOOPS)

static void fill(const bw_move_params *p, uint8_t *output) {
    if (p->element == 1) {
        memset(output, p->fill, (size_t)p->fill_bytes);
        return;
    }
    for (int32_t at = 0; at < p->fill_bytes; at += p->element) {
        for (int32_t byte = 0; byte < p->element; ++byte) {
            output[at + byte] = (uint8_t)((uint64_t)(int64_t)p->fill >> (8 * byte));
        }
    }
}

/* The innermost of the four loops, with the common short runs inline. */
static void run(const int32_t *row, const uint8_t *from, uint8_t *to) {
    const int32_t bytes = row[4], count = row[5 + BW_MOVE_LOOPS - 1];
    const int32_t from_step = row[5 + 2 * BW_MOVE_LOOPS - 1], to_step = row[5 + 3 * BW_MOVE_LOOPS - 1];
    for (int32_t i = 0; i < count; ++i) {
        if (bytes == 1) {
            *to = *from;
        } else {
            memcpy(to, from, (size_t)bytes);
        }
        from += from_step;
        to += to_step;
    }
}

static void nest(const int32_t *row, const uint8_t *from, uint8_t *to) {
    const int32_t *count = row + 5, *from_step = count + BW_MOVE_LOOPS, *to_step = from_step + BW_MOVE_LOOPS;
    for (int32_t a = 0; a < count[0]; ++a) {
        for (int32_t b = 0; b < count[1]; ++b) {
            for (int32_t c = 0; c < count[2]; ++c) {
                run(row, from + a * from_step[0] + b * from_step[1] + c * from_step[2],
                    to + a * to_step[0] + b * to_step[1] + c * to_step[2]);
            }
        }
    }
}

void bw_move(const bw_move_params *p, const void *const *inputs, void *const *outputs) {
    if (p->fill_bytes) {
        fill(p, outputs[0]);
    }
    for (int32_t i = 0; i < p->nests; ++i) {
        const int32_t *row = p->table + i * ROW;
        nest(row, (const uint8_t *)inputs[row[0]] + row[2], (uint8_t *)outputs[row[1]] + row[3]);
    }
}
