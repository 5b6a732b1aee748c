/* Weights of recurrent layers that are copied tile by tile (bw_stream.h) while the tile before is used. */
#ifndef BW_RECURRENT_TILING_S8_H
#define BW_RECURRENT_TILING_S8_H

#include "bw_recurrent_s8.h"

extern const bw_recurrent_tiling bw_recurrent_tiling_s8;

#endif /* BW_RECURRENT_TILING_S8_H */
