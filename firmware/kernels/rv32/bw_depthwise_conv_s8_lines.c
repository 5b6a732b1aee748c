#include "bw_depthwise_conv_s8_lines.h"

#include <string.h>

#define SIDE 3
#define QUAD 4

/* Where weights of one line meet a column's element: products are added to the outputs whose last, middle and first
 * column it is. As instructions, for compilers would compute ahead what they have no registers for. */
#ifdef __riscv
#define ELEMENT3(x, w, a, b, c)                                                                                        \
    do {                                                                                                               \
        int32_t v, t;                                                                                                  \
        __asm__ volatile("lb %3, %5\n\tmul %4, %3, %8\n\tadd %0, %0, %4\n\tmul %4, %3, %7\n\tadd %1, %1, %4\n\t"       \
                         "mul %3, %3, %6\n\tadd %2, %2, %3"                                                            \
                         : "+&r"(a), "+&r"(b), "+&r"(c), "=&r"(v), "=&r"(t)                                            \
                         : "m"(x), "r"((w)[0]), "r"((w)[1]), "r"((w)[2]));                                             \
    } while (0)
#define ELEMENT2(x, first, last, a, b)                                                                                 \
    do {                                                                                                               \
        int32_t v, t;                                                                                                  \
        __asm__ volatile("lb %2, %4\n\tmul %3, %2, %6\n\tadd %0, %0, %3\n\tmul %2, %2, %5\n\tadd %1, %1, %2"           \
                         : "+&r"(a), "+&r"(b), "=&r"(v), "=&r"(t)                                                      \
                         : "m"(x), "r"(first), "r"(last));                                                             \
    } while (0)
#define ELEMENT1(x, w, a)                                                                                              \
    do {                                                                                                               \
        int32_t v;                                                                                                     \
        __asm__ volatile("lb %1, %2\n\tmul %1, %1, %3\n\tadd %0, %0, %1" : "+&r"(a), "=&r"(v) : "m"(x), "r"(w));       \
    } while (0)
#else
#define ELEMENT1(x, w, a)              (a += (x) * (w))
#define ELEMENT2(x, first, last, a, b) (a += (x) * (last), b += (x) * (first))
#define ELEMENT3(x, w, a, b, c)        (a += (x) * (w)[2], b += (x) * (w)[1], c += (x) * (w)[0])
#endif

/* Column k of the three lines: where three outputs, two, or one want it. */
#define COLUMN3(k, a, b, c)                                                                                            \
    do {                                                                                                               \
        ELEMENT3(x[k], w, a, b, c);                                                                                    \
        ELEMENT3(y[k], w + SIDE, a, b, c);                                                                             \
        ELEMENT3(z[k], w + 2 * SIDE, a, b, c);                                                                         \
    } while (0)
#define COLUMN2(k, first, last, a, b)                                                                                  \
    do {                                                                                                               \
        ELEMENT2(x[k], w[first], w[last], a, b);                                                                       \
        ELEMENT2(y[k], w[SIDE + (first)], w[SIDE + (last)], a, b);                                                     \
        ELEMENT2(z[k], w[2 * SIDE + (first)], w[2 * SIDE + (last)], a, b);                                             \
    } while (0)
#define COLUMN1(k, tap, a)                                                                                             \
    do {                                                                                                               \
        ELEMENT1(x[k], w[tap], a);                                                                                     \
        ELEMENT1(y[k], w[SIDE + (tap)], a);                                                                            \
        ELEMENT1(z[k], w[2 * SIDE + (tap)], a);                                                                        \
    } while (0)

/* One channel: the three lines of its first window, from which those of the next lines are `next` bytes away, and where
 * outputs go. */
typedef struct {
    const int8_t *lines[SIDE];
    int32_t next;
    int32_t count, outputs; /* lines of outputs, outputs of a line */
    int32_t step, line_step;
    int8_t *output;
} channel_lines;

#define PUT(acc)                                                                                                       \
    do {                                                                                                               \
        *to = (int8_t)bw_rescale_scaled(&constants, acc);                                                              \
        to += step;                                                                                                    \
    } while (0)

/* Rectified layers. Weights are scaled, so that sums need not be, and every column is loaded once. */
__attribute__((noinline)) static void stride1(const int8_t *weights, const bw_rescale_channel *k,
                                              const channel_lines *l) {
    const bw_rescale_channel constants = *k;
    const int32_t bias = constants.bias, step = l->step;
    int32_t w[SIDE * SIDE];
    for (int32_t i = 0; i < SIDE * SIDE; ++i) {
        w[i] = weights[i] * (1 << constants.scale);
    }
    int8_t *output = l->output;
    int32_t offset = 0;
    for (int32_t line = l->count; line != 0; --line, offset += l->next, output += l->line_step) {
        const int8_t *x = l->lines[0] + offset, *y = l->lines[1] + offset, *z = l->lines[2] + offset;
        int8_t *to = output;
        int32_t a = bias, b = bias, c, left = l->outputs;
        COLUMN1(0, 0, a);
        COLUMN2(1, 0, 1, a, b);
        for (; left >= 3; left -= 3, x += 3, y += 3, z += 3) {
            c = bias;
            COLUMN3(2, a, b, c);
            PUT(a);
            a = bias;
            COLUMN3(3, b, c, a);
            PUT(b);
            b = bias;
            COLUMN3(4, c, a, b);
            PUT(c);
        }
        if (left > 0) {
            COLUMN2(2, 1, 2, a, b);
            PUT(a);
        }
        if (left > 1) {
            COLUMN1(3, 2, b);
            PUT(b);
        }
    }
}

__attribute__((noinline)) static void stride2(const int8_t *weights, const bw_rescale_channel *k,
                                              const channel_lines *l) {
    const bw_rescale_channel constants = *k;
    const int32_t bias = constants.bias, step = l->step;
    int32_t w[SIDE * SIDE];
    for (int32_t i = 0; i < SIDE * SIDE; ++i) {
        w[i] = weights[i] * (1 << constants.scale);
    }
    int8_t *output = l->output;
    int32_t offset = 0;
    for (int32_t line = l->count; line != 0; --line, offset += l->next, output += l->line_step) {
        const int8_t *x = l->lines[0] + offset, *y = l->lines[1] + offset, *z = l->lines[2] + offset;
        int8_t *to = output;
        int32_t a = bias, b, left = l->outputs;
        COLUMN1(0, 0, a);
        for (; left >= 2; left -= 2, x += 4, y += 4, z += 4) {
            b = bias;
            COLUMN1(1, 1, a);
            COLUMN2(2, 0, 2, a, b);
            PUT(a);
            a = bias;
            COLUMN1(3, 1, b);
            COLUMN2(4, 0, 2, b, a);
            PUT(b);
        }
        if (left > 0) {
            COLUMN1(1, 1, a);
            COLUMN1(2, 2, a);
            PUT(a);
        }
    }
}

/* Other layers are few. */
__attribute__((noinline)) static void any_stride(const int8_t *w, const bw_rescale_channel *k, const channel_lines *l,
                                                 int32_t stride) {
    const bw_rescale_channel constants = *k;
    int8_t *output = l->output;
    int32_t offset = 0;
    for (int32_t line = l->count; line != 0; --line, offset += l->next, output += l->line_step) {
        const int8_t *x = l->lines[0] + offset, *y = l->lines[1] + offset, *z = l->lines[2] + offset;
        for (int32_t i = 0; i < l->outputs; ++i, x += stride, y += stride, z += stride) {
            int32_t acc = x[0] * w[0] + x[1] * w[1] + x[2] * w[2];
            acc += y[0] * w[3] + y[1] * w[4] + y[2] * w[5];
            acc += z[0] * w[6] + z[1] * w[7] + z[2] * w[8];
            output[i * l->step] = (int8_t)bw_rescale_sum(&constants, (uint32_t)acc);
        }
    }
}

/* `count` lines of outputs of four channels; ring: the first channel's, of which slot `oldest` has the first line. */
static void compute(const bw_depthwise_conv_s8_lines_params *p, int32_t channel, const int8_t *ring, int32_t oldest,
                    int32_t count, int8_t *output) {
    const int32_t pitch = p->pitch, second = oldest + 1 < p->slots ? oldest + 1 : oldest + 1 - p->slots;
    const int32_t third = oldest + 2 < p->slots ? oldest + 2 : oldest + 2 - p->slots;
    const int8_t *weights = p->weights + SIDE * SIDE * channel;
    channel_lines lines = {{ring + oldest * pitch, ring + second * pitch, ring + third * pitch},
                           p->lines.stride * pitch,
                           count,
                           p->along.outputs,
                           p->along.out_step,
                           p->lines.out_step,
                           output};
    for (int32_t last = channel + QUAD; channel != last; ++channel) {
        const bw_rescale_channel constants = bw_rescale_of(&p->rescale, channel);
        if (constants.tie != 0) {
            any_stride(weights, &constants, &lines, p->along.stride);
        } else if (p->along.stride == 1) {
            stride1(weights, &constants, &lines);
        } else {
            stride2(weights, &constants, &lines);
        }
        weights += SIDE * SIDE;
        for (int32_t i = 0; i < SIDE; ++i) {
            lines.lines[i] += p->slots * pitch;
        }
        ++lines.output;
    }
}

/* A line of padding into the rings of four channels. */
static void pad(const bw_depthwise_conv_s8_lines_params *p, int8_t *to) {
    for (int32_t i = 0; i < QUAD; ++i) {
        memset(to + i * p->slots * p->pitch, p->input_zero_point, (size_t)p->pitch);
    }
}

/* Four channels of one image: all lines of outputs at once where there is a slot for every line, with its padding, else
 * one by one. */
static void quad(const bw_depthwise_conv_s8_lines_params *p, int32_t channel, int8_t *rings, const int8_t *input,
                 int8_t *output) {
    const int32_t turn = p->slots > SIDE ? p->lines.outputs : 1;
    int32_t next = -p->lines.pad, slot = 0;
    const int8_t *from = input + next * p->lines.in_step;
    for (int32_t i = 0; i < p->lines.outputs; i += turn) {
        for (const int32_t end = (i + turn - 1) * p->lines.stride - p->lines.pad + SIDE; next < end; ++next) {
            if (next >= 0 && next < p->lines.used) {
                bw_quad_line_rv32(&p->along, from, rings + slot * p->pitch, p->slots * p->pitch);
            } else if (p->slots == SIDE) {
                pad(p, rings + slot * p->pitch);
            }
            from += p->lines.in_step;
            slot = slot == p->slots - 1 ? 0 : slot + 1;
        }
        compute(p, channel, rings, slot, turn, output);
        output += p->lines.out_step;
    }
}

void bw_depthwise_conv_s8_lines(const bw_depthwise_conv_s8_lines_params *p, const int8_t *input, int8_t *output,
                                void *scratch) {
    memset(scratch, p->input_zero_point, (size_t)(QUAD * p->slots * p->pitch));
    for (int32_t c = 0; c < p->channels; c += QUAD) {
        for (int32_t b = 0; b < p->batch; ++b) {
            quad(p, c, scratch, input + b * p->in_bytes + c, output + b * p->out_bytes + c);
        }
    }
}
