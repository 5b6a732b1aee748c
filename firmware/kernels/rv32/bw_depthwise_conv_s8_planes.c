#include "bw_depthwise_conv_s8_planes.h"

#include <string.h>

#define QUAD 4

/* A weight times the elements of four outputs. As instructions, for compilers would compute ahead what they have no
 * registers for. */
#ifdef __riscv
#define TAP(stride)                                                                                                    \
    do {                                                                                                               \
        int32_t v, t;                                                                                                  \
        __asm__ volatile(                                                                                              \
            "lb %4, %6\n\tlb %5, %7\n\tmul %5, %5, %4\n\tadd %0, %0, %5\n\tlb %5, %8\n\tmul %5, %5, %4\n\t"            \
            "add %1, %1, %5\n\tlb %5, %9\n\tmul %5, %5, %4\n\tadd %2, %2, %5\n\tlb %5, %10\n\t"                        \
            "mul %5, %5, %4\n\tadd %3, %3, %5"                                                                         \
            : "+&r"(a), "+&r"(b), "+&r"(c), "+&r"(d), "=&r"(v), "=&r"(t)                                               \
            : "m"(*w), "m"(x[0]), "m"(x[stride]), "m"(x[2 * (stride)]), "m"(x[3 * (stride)]));                         \
    } while (0)
#else
#define TAP(stride) (a += *w * x[0], b += *w * x[stride], c += *w * x[2 * (stride)], d += *w * x[3 * (stride)])
#endif

#define PUT(acc)                                                                                                       \
    do {                                                                                                               \
        *to = (int8_t)(tie == 0 ? bw_rescale_rectified(&k, (uint32_t)(acc)) : bw_rescale_sum(&k, (uint32_t)(acc)));    \
        to += step;                                                                                                    \
    } while (0)

/* A line of outputs of one channel, whose windows start `stride` apart; the last of four may be outside and are not
 * written. */
#define LINE(name, stride)                                                                                             \
    __attribute__((noinline)) static void name(const bw_depthwise_conv_s8_planes_params *p,                            \
                                               const bw_rescale_channel *constants, const int8_t *weights,             \
                                               const int8_t *row, int8_t *to) {                                        \
        const bw_rescale_channel k = *constants;                                                                       \
        const int32_t step = p->along.out_step, taps = p->taps_along, apart = p->dilation_along, tie = k.tie;          \
        for (int32_t left = p->along.outputs; left > 0; left -= QUAD, row += QUAD * (stride)) {                        \
            const int8_t *w = weights, *start = row;                                                                   \
            int32_t a = 0, b = 0, c = 0, d = 0;                                                                        \
            for (int32_t i = p->taps_across; i != 0; --i, start += p->dilation_across * p->pitch) {                    \
                const int8_t *x = start;                                                                               \
                for (const int8_t *last = w + taps; w != last; ++w, x += apart) {                                      \
                    TAP(stride);                                                                                       \
                }                                                                                                      \
            }                                                                                                          \
            PUT(a);                                                                                                    \
            if (left > 1) {                                                                                            \
                PUT(b);                                                                                                \
            }                                                                                                          \
            if (left > 2) {                                                                                            \
                PUT(c);                                                                                                \
            }                                                                                                          \
            if (left > 3) {                                                                                            \
                PUT(d);                                                                                                \
            }                                                                                                          \
        }                                                                                                              \
    }
LINE(line_stride1, 1)
LINE(line_stride2, 2)

/* Four channels of one image. */
static void quad(const bw_depthwise_conv_s8_planes_params *p, int32_t channel, int8_t *planes, const int8_t *input,
                 int8_t *output) {
    const int32_t plane = p->rows * p->pitch, taps = p->taps_across * p->taps_along;
    for (int32_t i = 0; i < p->lines.used; ++i) {
        bw_quad_line_rv32(&p->along, input + i * p->lines.in_step, planes + (p->lines.pad + i) * p->pitch, plane);
    }
    for (int32_t c = 0; c < QUAD; ++c) {
        const bw_rescale_channel k = bw_rescale_of(&p->rescale, channel + c);
        const int8_t *weights = p->weights + (channel + c) * taps, *row = planes + c * plane;
        int8_t *to = output + c;
        for (int32_t i = 0; i < p->lines.outputs; ++i, row += p->lines.stride * p->pitch, to += p->lines.out_step) {
            if (p->along.stride == 1) {
                line_stride1(p, &k, weights, row, to);
            } else {
                line_stride2(p, &k, weights, row, to);
            }
        }
    }
}

void bw_depthwise_conv_s8_planes(const bw_depthwise_conv_s8_planes_params *p, const int8_t *input, int8_t *output,
                                 void *scratch) {
    memset(scratch, p->input_zero_point, (size_t)(QUAD * p->rows * p->pitch));
    for (int32_t c = 0; c < p->channels; c += QUAD) {
        for (int32_t b = 0; b < p->batch; ++b) {
            quad(p, c, scratch, input + b * p->in_bytes + c, output + b * p->out_bytes + c);
        }
    }
}
