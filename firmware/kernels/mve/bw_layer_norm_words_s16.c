/* Layer and RMS normalization of int16 on Helium: sums of eight elements, outputs of four at a time. */
#include "bw_layer_norm_words_s16.h"

#ifndef __ARM_FEATURE_MVE
#include "bw_high_rounded.h"
#endif

static bw_layer_norm_line line_of(const bw_layer_norm_params *p, const int16_t *row) {
    int32_t total = 0;
    uint64_t squares = 0;
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("dlstp.16     lr, %3        \n"
                     "1:                         \n"
                     "vldrh.u16    q0, [%0], #16 \n"
                     "vaddva.s16     %1, q0        \n"
                     "vmlaldava.s16 %Q2, %R2, q0, q0 \n"
                     "letp         lr, 1b        \n"
                     : "+r"(row), "+Te"(total), "+r"(squares)
                     : "r"(p->depth)
                     : "lr", "q0", "memory");
#else
    for (int32_t i = 0; i < p->depth; ++i) {
        total += row[i];
        squares += (uint32_t)(row[i] * row[i]);
    }
#endif
    return bw_layer_norm_line_of(p, total, squares);
}

void bw_layer_norm_words_s16(const bw_layer_norm_words_s16_params *p, const int16_t *input, int16_t *output) {
    const int32_t depth = p->norm.depth, up = p->up, fraction = p->norm.fraction;
    for (int32_t r = 0; r < p->norm.rows; ++r) {
        const bw_layer_norm_line line = line_of(&p->norm, input);
        const int32_t *gain = p->norm.gain, *bias = p->norm.bias;
#ifdef __ARM_FEATURE_MVE
        const int16_t *from = input;
        int16_t *to = output;
        const bw_layer_norm_line *place = &line; /* in the loop, its `plus` */
        __asm__ volatile("ldr          lr, [%[line]]       \n"
                         "vdup.32      q2, lr              \n"
                         "ldr          lr, [%[line], #8]   \n"
                         "vdup.32      q3, lr              \n"
                         "ldr          %[line], [%[line], #4] \n"
                         "dlstp.32     lr, %[depth]        \n"
                         "1:                               \n"
                         "vldrh.s32    q0, [%[from]], #8   \n"
                         "vldrw.32     q1, [%[gain]], #16  \n"
                         "vmlas.s32    q0, q2, %[line]     \n"
                         "vrmulh.s32   q0, q0, q3          \n"
                         "vshl.s32     q0, %[up]           \n"
                         "vrmulh.s32   q0, q0, q1          \n"
                         "vldrw.32     q1, [%[bias]], #16  \n"
                         "vadd.i32     q0, q0, q1          \n"
                         "vshl.s32     q0, %[down]         \n"
                         "vqmovnb.s32  q0, q0              \n"
                         "vstrh.32     q0, [%[to]], #8     \n"
                         "letp         lr, 1b              \n"
                         : [from] "+l"(from), [to] "+l"(to), [gain] "+r"(gain), [bias] "+r"(bias), [line] "+r"(place)
                         : [depth] "r"(depth), [up] "r"(up), [down] "r"(-fraction)
                         : "lr", "q0", "q1", "q2", "q3", "memory");
#else
        for (int32_t i = 0; i < depth; ++i) {
            const int32_t d = (int32_t)((uint32_t)input[i] * (uint32_t)line.by + (uint32_t)line.plus);
            const int32_t normal = bw_shl32(bw_high_rounded(d, line.root), up);
            const int32_t value = (bw_high_rounded(normal, gain[i]) + bias[i]) >> fraction;
            output[i] = (int16_t)bw_clamp(value, INT16_MIN, INT16_MAX);
        }
#endif
        input += depth;
        output += depth;
    }
}
