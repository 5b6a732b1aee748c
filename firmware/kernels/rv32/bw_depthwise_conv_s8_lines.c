#include "bw_depthwise_conv_s8_lines.h"

#include <string.h>

#define SIDE 3
#define QUAD 4

/* Three taps of four outputs, `stride` apart, from one line. The barrier keeps the compiler from loading the next line
 * and its weights before this one's are used up: there are not enough registers for both. */
#define LINE_OF_FOUR(x, w, stride)                                                                                     \
    do {                                                                                                               \
        const int32_t w0 = (w)[0], w1 = (w)[1], w2 = (w)[2];                                                           \
        a += (x)[0] * w0 + (x)[1] * w1 + (x)[2] * w2;                                                                  \
        b += (x)[stride] * w0 + (x)[(stride) + 1] * w1 + (x)[(stride) + 2] * w2;                                       \
        c += (x)[2 * (stride)] * w0 + (x)[2 * (stride) + 1] * w1 + (x)[2 * (stride) + 2] * w2;                         \
        d += (x)[3 * (stride)] * w0 + (x)[3 * (stride) + 1] * w1 + (x)[3 * (stride) + 2] * w2;                         \
        __asm__ volatile("" ::: "memory");                                                                             \
    } while (0)

/* Where the outputs of a line go. */
typedef struct {
    int32_t count, step;
    int8_t *at;
} destination;

static inline void put(destination *to, const bw_rescale_channel *c, int rectified, int32_t acc) {
    *to->at = (int8_t)(rectified ? bw_rescale_rectified(c, (uint32_t)acc) : bw_rescale(c, (uint32_t)acc));
    to->at += to->step;
}

/* One line of outputs of one channel from the three lines of its window, in order. */
__attribute__((always_inline)) static inline void compute(const int8_t *w, const int8_t *const lines[SIDE],
                                                          int32_t stride, int rectified, bw_rescale_channel constants,
                                                          destination to) {
    const int8_t *x = lines[0], *y = lines[1], *z = lines[2];
    const int8_t *end = x + to.count * stride, *fours = x + (to.count & ~3) * stride;
    while (x != fours) {
        int32_t a = 0, b = 0, c = 0, d = 0;
        LINE_OF_FOUR(x, w, stride);
        LINE_OF_FOUR(y, w + SIDE, stride);
        LINE_OF_FOUR(z, w + 2 * SIDE, stride);
        x += 4 * stride, y += 4 * stride, z += 4 * stride;
        put(&to, &constants, rectified, a);
        put(&to, &constants, rectified, b);
        put(&to, &constants, rectified, c);
        put(&to, &constants, rectified, d);
    }
    while (x != end) {
        int32_t a = x[0] * w[0] + x[1] * w[1] + x[2] * w[2];
        a += y[0] * w[3] + y[1] * w[4] + y[2] * w[5];
        a += z[0] * w[6] + z[1] * w[7] + z[2] * w[8];
        x += stride, y += stride, z += stride;
        put(&to, &constants, rectified, a);
    }
}

/* Functions of their own, so that each has the registers to itself. */
#define COMPUTE(name, stride, rectified)                                                                               \
    __attribute__((noinline)) static void name(const int8_t *w, const int8_t *const lines[SIDE],                       \
                                               const bw_rescale_channel *constants, int32_t outputs, int32_t step,     \
                                               int8_t *output) {                                                       \
        const destination to = {outputs, step, output};                                                                \
        compute(w, lines, stride, rectified, *constants, to);                                                          \
    }
COMPUTE(rectified_stride1, 1, 1)
COMPUTE(rectified_stride2, 2, 1)

/* Layers that are not rectified are few: one function for both strides. */
__attribute__((noinline)) static void any_stride(const int8_t *w, const int8_t *const lines[SIDE], int32_t stride,
                                                 const bw_rescale_channel *constants, destination to) {
    compute(w, lines, stride, 0, *constants, to);
}

/* A line of outputs of four channels; ring: the first channel's, of which slot `oldest` has the window's first line. */
static void line(const bw_depthwise_conv_s8_lines_params *p, int32_t channel, const int8_t *ring, int32_t oldest,
                 int8_t *output) {
    const int32_t pitch = p->pitch, stride = p->along.stride, outputs = p->along.outputs, step = p->along.out_step;
    const int32_t second = (oldest == SIDE - 1 ? 0 : oldest + 1) * pitch;
    const int32_t third = (oldest == 0 ? SIDE - 1 : oldest - 1) * pitch;
    const int8_t *weights = p->weights + SIDE * SIDE * channel;
    for (int32_t last = channel + QUAD; channel != last; ++channel) {
        const bw_rescale_channel constants = bw_rescale_of(&p->rescale, channel);
        const int8_t *const lines[SIDE] = {ring + oldest * pitch, ring + second, ring + third};
        if (constants.tie != 0) {
            const destination to = {outputs, step, output};
            any_stride(weights, lines, stride, &constants, to);
        } else if (stride == 1) {
            rectified_stride1(weights, lines, &constants, outputs, step, output);
        } else {
            rectified_stride2(weights, lines, &constants, outputs, step, output);
        }
        weights += SIDE * SIDE;
        ring += SIDE * pitch;
        ++output;
    }
}

/* A line of four channels into their rings; what is outside keeps its padding, or gets it. */
static void copy(const bw_depthwise_conv_s8_lines_params *p, const int8_t *line, int32_t inside, int8_t *to) {
    const int32_t pitch = SIDE * p->pitch, step = p->along.in_step;
    if (!inside) {
        for (int32_t i = 0; i < QUAD; ++i) {
            memset(to + i * pitch, p->input_zero_point, (size_t)p->pitch);
        }
        return;
    }
    int8_t *to0 = to + p->along.pad, *to1 = to0 + pitch, *to2 = to1 + pitch, *to3 = to2 + pitch;
    for (const int8_t *end = to0 + p->along.used; to0 != end; line += step) {
        const uint32_t word = *(const uint32_t *)(const void *)line;
        *to0++ = (int8_t)word;
        *to1++ = (int8_t)(word >> 8);
        *to2++ = (int8_t)(word >> 16);
        *to3++ = (int8_t)(word >> 24);
    }
}

/* Four channels of one image. */
static void quad(const bw_depthwise_conv_s8_lines_params *p, int32_t channel, int8_t *rings, const int8_t *input,
                 int8_t *output) {
    int32_t next = -p->lines.pad, slot = 0;
    const int8_t *from = input + next * p->lines.in_step;
    memset(rings, p->input_zero_point, (size_t)(QUAD * SIDE * p->pitch));
    for (int32_t i = 0; i < p->lines.outputs; ++i) {
        for (const int32_t end = i * p->lines.stride - p->lines.pad + SIDE; next < end; ++next) {
            copy(p, from, next >= 0 && next < p->lines.used, rings + slot * p->pitch);
            from += p->lines.in_step;
            slot = slot == SIDE - 1 ? 0 : slot + 1;
        }
        line(p, channel, rings, slot, output);
        output += p->lines.out_step;
    }
}

void bw_depthwise_conv_s8_lines(const bw_depthwise_conv_s8_lines_params *p, const int8_t *input, int8_t *output,
                                void *scratch) {
    for (int32_t c = 0; c < p->channels; c += QUAD) {
        for (int32_t b = 0; b < p->batch; ++b) {
            quad(p, c, scratch, input + b * p->in_bytes + c, output + b * p->out_bytes + c);
        }
    }
}
