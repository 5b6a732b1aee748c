#include "bw_fully_connected_s8_woven.h"

#include "bw_fixedpoint.h"
#include "bw_woven_dot_s8.h"
#include "bw_woven_units_s8.h"

#define UNITS 4
#define HEAD  8
#define SUMS  3 /* of a row */

/* The units' sums of a row. */
static void unchain(const uint32_t acc[BW_CHAIN], int32_t sums[UNITS]) {
    sums[0] = (int32_t)((acc[0] - (acc[1] << 8) + (acc[2] << 16)) << 8) >> 8;
    for (int32_t i = 0; i < BW_CHAIN; ++i) {
        sums[i + 1] = (int32_t)(acc[i] - (uint32_t)sums[i]) >> 8;
    }
}

static void finish(const int32_t *head, const uint32_t acc[BW_CHAIN], int32_t offset, int32_t units, int8_t *output) {
    int32_t sums[UNITS];
    unchain(acc, sums);
    for (int32_t i = 0; i < UNITS && i < units; ++i) {
        output[i] = bw_requantize_woven(sums[i] + (head[2 * i] >> 8), head[2 * i + 1], head[2 * i], offset);
    }
}

static void vector(const bw_fully_connected_s8_woven_params *p, const int8_t *input, int8_t *output) {
    const int32_t pitch = HEAD + p->depth, offset = 2 * p->output_zero_point + 1;
    const int32_t *row = p->rows;
    int32_t sum = 0;
    for (int32_t i = 0; i < p->depth; ++i) {
        sum += input[i];
    }
    const uint32_t excess = (uint32_t)sum * (UINT32_C(0) - 128 * 257);
    for (int32_t left = p->units; left > 0; left -= 2 * UNITS) {
        uint32_t acc[2 * BW_CHAIN] = {excess, excess, excess, excess, excess, excess};
        /* Without a second row the first one is multiplied twice. */
        bw_woven_units_s8(row + HEAD, input, p->depth, left > UNITS ? 4 * pitch : 0, acc);
        finish(row, acc, offset, left, output);
        if (left > UNITS) {
            finish(row + pitch, acc + BW_CHAIN, offset, left - UNITS, output + UNITS);
        }
        row += 2 * pitch;
        output += 2 * UNITS;
    }
}

void bw_fully_connected_s8_woven(const bw_fully_connected_s8_woven_params *p, const int8_t *input, int8_t *output) {
    for (int32_t i = 0; i < p->inputs; ++i) {
        vector(p, input, output);
        if (p->low > INT8_MIN || p->high < INT8_MAX) {
            for (int32_t unit = 0; unit < p->units; ++unit) {
                output[unit] = (int8_t)bw_clamp(output[unit], p->low, p->high);
            }
        }
        input += p->depth;
        output += p->units;
    }
}
