/* Lines of four neighbouring channels of an NHWC tensor, copied to one line of bytes per channel: what the depthwise
 * kernels slide over. A line is a row or a column, whichever the lowering chose. */
#ifndef BW_QUAD_LINES_RV32_H
#define BW_QUAD_LINES_RV32_H

#include <stdint.h>

/* One axis of the window; used: input elements that are read; steps in bytes. */
typedef struct {
    int32_t used, outputs, stride, pad, in_step, out_step;
} bw_line_axis;

/* Element k of four channels. */
#define BW_QUAD_ELEMENT(k)                                                                                             \
    do {                                                                                                               \
        const uint32_t word = *(const uint32_t *)(const void *)line;                                                   \
        line += along->in_step;                                                                                        \
        to0[k] = (int8_t)word;                                                                                         \
        to1[k] = (int8_t)(word >> 8);                                                                                  \
        to2[k] = (int8_t)(word >> 16);                                                                                 \
        to3[k] = (int8_t)(word >> 24);                                                                                 \
    } while (0)

/* A line, at a multiple of four, to the channels' lines, `pitch` bytes from one to the next, behind their padding. */
static inline void bw_quad_line_rv32(const bw_line_axis *along, const int8_t *line, int8_t *to, int32_t pitch) {
    int8_t *to0 = to + along->pad, *to1 = to0 + pitch, *to2 = to1 + pitch, *to3 = to2 + pitch;
    for (const int8_t *end = to0 + (along->used & ~3); to0 != end; to0 += 4, to1 += 4, to2 += 4, to3 += 4) {
        BW_QUAD_ELEMENT(0);
        BW_QUAD_ELEMENT(1);
        BW_QUAD_ELEMENT(2);
        BW_QUAD_ELEMENT(3);
    }
    for (const int8_t *end = to0 + (along->used & 3); to0 != end; ++to0, ++to1, ++to2, ++to3) {
        BW_QUAD_ELEMENT(0);
    }
}

#endif /* BW_QUAD_LINES_RV32_H */
