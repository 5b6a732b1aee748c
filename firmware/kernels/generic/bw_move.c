/* Portable strided copies. */
#include "bw_move.h"

#include "bw_bytes.h"

#define ROW (5 + 3 * BW_MOVE_LOOPS)

static void fill(const bw_move_params *p, uint8_t *to, int32_t bytes) {
    if (p->element == 1) {
        memset(to, p->fill, (size_t)bytes);
        return;
    }
    for (int32_t at = 0; at < bytes; at += p->element) {
        for (int32_t byte = 0; byte < p->element; ++byte) {
            to[at + byte] = (uint8_t)((uint64_t)(int64_t)p->fill >> (8 * byte));
        }
    }
}

/* The innermost of the four loops, with single bytes inline. */
static void runs(const bw_move_params *p, const int32_t *row, const uint8_t *from, uint8_t *to) {
    const int32_t bytes = row[4], count = row[5 + BW_MOVE_LOOPS - 1];
    const int32_t from_step = row[5 + 2 * BW_MOVE_LOOPS - 1], to_step = row[5 + 3 * BW_MOVE_LOOPS - 1];
    for (int32_t i = 0; i < count; ++i) {
        if (row[0] < 0) {
            fill(p, to, bytes);
        } else if (bytes == 1) {
            *to = *from;
        } else {
            bw_move_bytes(to, from, bytes);
        }
        from += from_step;
        to += to_step;
    }
}

static void nest(const bw_move_params *p, const int32_t *row, const uint8_t *from, uint8_t *to) {
    const int32_t *count = row + 5, *from_step = count + BW_MOVE_LOOPS, *to_step = from_step + BW_MOVE_LOOPS;
    for (int32_t a = 0; a < count[0]; ++a) {
        for (int32_t b = 0; b < count[1]; ++b) {
            for (int32_t c = 0; c < count[2]; ++c) {
                runs(p, row, from + a * from_step[0] + b * from_step[1] + c * from_step[2],
                     to + a * to_step[0] + b * to_step[1] + c * to_step[2]);
            }
        }
    }
}

void bw_move(const bw_move_params *p, const void *const *inputs, void *const *outputs) {
    for (int32_t i = 0; i < p->nests; ++i) {
        const int32_t *row = p->table + i * ROW;
        uint8_t *const to = (uint8_t *)outputs[row[1]] + row[3];
        nest(p, row, row[0] < 0 ? to : (const uint8_t *)inputs[row[0]] + row[2], to);
    }
}
