/* A line of 3x3 depthwise outputs from three woven lines of input (bw_depthwise_conv_3x3_s8_woven.h). */
#ifndef BW_WOVEN_LINE_S8_H
#define BW_WOVEN_LINE_S8_H

#include <stdint.h>

/* One channel, and where a line's outputs go. */
typedef struct {
    int32_t multiplier;
    int32_t head;  /* (2 * output zero point + 1) << 8 | right shift - 1 */
    int32_t bias;  /* doubled */
    int32_t step;  /* bytes from one output to the next */
    int32_t whole; /* turns of three outputs */
    int32_t rest;  /* outputs after them: 0 to 2 */
    int32_t pitch; /* bytes from one line of words to the next */
} bw_woven_channel;

/* weights: nine, a word each, for the three lines in the order of `words`. At least one turn. */
void bw_woven_line_stride1_s8(const int32_t *weights, const uint32_t *words, int8_t *output,
                              const bw_woven_channel *channel);
void bw_woven_line_stride2_s8(const int32_t *weights, const uint32_t *words, int8_t *output,
                              const bw_woven_channel *channel);

#endif /* BW_WOVEN_LINE_S8_H */
