/* Fully connected layer on RV32: sixteen units at a time share each load of the input.
 *
 * Layout: input [rows][depth], output [rows][units]. Weights int8: blocks of sixteen units [depth][16], then of eight
 * where as many are left, then unit by unit. The input's zero point is folded into the bias. Requantization as
 * bw_rescale_rv32.h states. Overlap: a row is read while its outputs are written. Cost: 3.11 instructions per MAC of
 * sixteen units, 3.25 of eight, 6 of the rest, and 20 per output.
 */
#ifndef BW_FULLY_CONNECTED_S8_UNITS_H
#define BW_FULLY_CONNECTED_S8_UNITS_H

#include "bw_rescale_rv32.h"

typedef struct {
    int32_t rows, depth, units;
    const int8_t *weights;
    bw_rescale_rv32 rescale;
} bw_fully_connected_s8_units_params;

void bw_fully_connected_s8_units(const bw_fully_connected_s8_units_params *p, const int8_t *input, int8_t *output);

#endif /* BW_FULLY_CONNECTED_S8_UNITS_H */
