/* The elements of a row that is normalized with gain and bias, by the high words of products: the rest of
 * bw_layer_norm_words.h and bw_mad_norm_words.h. Of an element x it makes
 *     ((round((x * by + plus) * root / 2^32) << up) * gain / 2^32, rounded, + bias) >> fraction, clamped;
 * every value but x * by fits int32, and x * by + plus is even.
 */
#ifndef BW_NORM_RUN_H
#define BW_NORM_RUN_H

#include <stdint.h>

/* What all rows share. */
typedef struct {
    int32_t depth, up, fraction;
    const int32_t *gain, *bias; /* [depth] */
} bw_norm_run;

/* What a row is normalized by. */
typedef struct {
    int32_t by, plus, root;
} bw_norm_line;

#endif /* BW_NORM_RUN_H */
