/* Portable attention of int16 over a whole sequence. */
#include "bw_cached_attention_whole_s16.h"

#include <string.h>

void bw_cached_attention_whole_s16(const bw_cached_attention_whole_s16_params *p, const int16_t *query,
                                   const int16_t *key, const int16_t *value, int16_t *output, void *scratch) {
    int8_t *const at = scratch;
    memset(at + p->ring[0], 0, (size_t)(p->ring[4] - p->ring[0]));
    bw_cached_attention_s16(&p->layer, query, key, value, output, at + p->ring[0], at + p->ring[1],
                            (int16_t *)(void *)(at + p->ring[2]), (int32_t *)(void *)(at + p->ring[3]), scratch);
}
