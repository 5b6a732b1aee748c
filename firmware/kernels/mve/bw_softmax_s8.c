/* Softmax of int8 rows on Helium, four elements at a time: 26 instructions per four elements. */
#include "bw_softmax_s8.h"

#include "bw_softmax_row.h"

#ifdef __ARM_FEATURE_MVE

static int32_t largest_of(const int8_t *row, int32_t depth) {
    int32_t largest = INT8_MIN;
    __asm__ volatile("dlstp.8   lr, %2        \n"
                     "1:                      \n"
                     "vldrb.u8  q0, [%1], #16 \n"
                     "vmaxv.s8  %0, q0        \n"
                     "letp      lr, 1b        \n"
                     : "+r"(largest), "+r"(row)
                     : "r"(depth)
                     : "lr", "q0", "memory");
    return (int8_t)largest;
}

/* Into q0: exponentials of the elements at %[from], which moves on; q7: the largest element. */
#define EXPONENTIALS                                                                                                   \
    "vldrb.s32  q0, [%[from]], #4         \n"                                                                          \
    "vsub.i32   q1, q7, q0                \n"                                                                          \
    "vmov.i32   q0, #0                    \n"                                                                          \
    "vpt.s32    lt, q1, %[steps]          \n"                                                                          \
    "vldrwt.u32 q0, [%[exp], q1, uxtw #2] \n"

void bw_softmax_s8(const bw_softmax_s8_params *p, const int8_t *input, int8_t *output) {
    for (int32_t row = 0; row < p->rows; ++row) {
        const int32_t largest = largest_of(input, p->depth);
        const int8_t *from = input;
        int8_t *to = output;
        uint32_t sum = 0;
        __asm__ volatile("vdup.32    q7, %[largest]     \n"
                         "dlstp.32   lr, %[depth]       \n"
                         "1:                            \n" EXPONENTIALS "vrshr.s32  q0, q0, #12        \n"
                         "vaddva.u32 %[sum], q0         \n"
                         "letp       lr, 1b             \n"
                         : [from] "+l"(from), [sum] "+Te"(sum)
                         : [largest] "r"(largest), [depth] "r"(p->depth), [steps] "r"(p->steps), [exp] "r"(p->exp)
                         : "lr", "q0", "q1", "q7", "memory");
        int32_t shift;
        const int32_t factor = bw_softmax_factor_of(sum, &shift);
        shift = shift - 8 > 32 ? 32 : shift - 8;
        from = input;
        __asm__ volatile("vdup.32      q7, %[largest]   \n"
                         "dlstp.32     lr, %[depth]     \n"
                         "1:                            \n" EXPONENTIALS "vqrdmulh.s32 q0, q0, %[by]    \n"
                         "vrshl.s32    q0, %[down]      \n"
                         "vsub.i32     q0, q0, %[point] \n"
                         "vqmovnb.s32  q0, q0           \n"
                         "vqmovnb.s16  q0, q0           \n"
                         "vstrb.32     q0, [%[to]], #4  \n"
                         "letp         lr, 1b           \n"
                         : [from] "+l"(from), [to] "+l"(to)
                         : [largest] "r"(largest), [depth] "r"(p->depth), [steps] "r"(p->steps), [exp] "r"(p->exp),
                           [by] "r"(factor), [down] "r"(-shift), [point] "r"(128)
                         : "lr", "q0", "q1", "q7", "memory");
        input += p->depth;
        output += p->depth;
    }
}

#else

void bw_softmax_s8(const bw_softmax_s8_params *p, const int8_t *input, int8_t *output) {
    for (int32_t row = 0; row < p->rows; ++row) {
        int32_t shift;
        const int32_t largest = bw_softmax_largest(input, p->depth);
        const int32_t factor = bw_softmax_factor(p->exp, p->steps, input, p->depth, largest, &shift);
        for (int32_t i = 0; i < p->depth; ++i) {
            const int32_t exp = bw_softmax_exp(p->exp, p->steps, largest - input[i]);
            output[i] = (int8_t)bw_clamp(bw_softmax_quotient(factor, exp, shift - 8) - 128, INT8_MIN, INT8_MAX);
        }
        input += p->depth;
        output += p->depth;
    }
}

#endif
