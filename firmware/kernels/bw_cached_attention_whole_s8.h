/* Causal attention of int8 over a whole sequence: the ring of the past lies in scratch and starts empty.
 *
 * Layout, ranges, overlap and cost: bw_cached_attention.h. Scratch: the same, then
 * keys, values, scales and position of the ring at `ring`, each from a multiple of 4 bytes.
 */
#ifndef BW_CACHED_ATTENTION_WHOLE_S8_H
#define BW_CACHED_ATTENTION_WHOLE_S8_H

#include "bw_cached_attention_s8.h"

typedef struct {
    bw_cached_attention_s8_params layer;
    int32_t ring[5]; /* where keys, values, scales and position start in scratch, and where the ring ends */
} bw_cached_attention_whole_s8_params;

void bw_cached_attention_whole_s8(const bw_cached_attention_whole_s8_params *p, const int8_t *query, const int8_t *key,
                                  const int8_t *value, int8_t *output, void *scratch);

#endif /* BW_CACHED_ATTENTION_WHOLE_S8_H */
