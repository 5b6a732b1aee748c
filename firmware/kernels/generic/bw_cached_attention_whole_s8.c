/* Portable attention of int8 over a whole sequence. */
#include "bw_cached_attention_whole_s8.h"

#include <string.h>

void bw_cached_attention_whole_s8(const bw_cached_attention_whole_s8_params *p, const int8_t *query, const int8_t *key,
                                  const int8_t *value, int8_t *output, void *scratch) {
    int8_t *const at = scratch;
    memset(at + p->ring[0], 0, (size_t)(p->ring[4] - p->ring[0]));
    bw_cached_attention_s8(&p->layer, query, key, value, output, at + p->ring[0], at + p->ring[1],
                           (int16_t *)(void *)(at + p->ring[2]), (int32_t *)(void *)(at + p->ring[3]), scratch);
}
