/* Portable tiles of four units and two columns. */
#include "bw_tile_by_two_s16.h"

#define UNIT(weight, first, second) (first += (weight)*x0, second += (weight)*x1)

BW_DEFINE_TILES_BY_TWO(UNIT)
