/* Outputs of token-wise layers on Helium: 24 instructions for four.
 *
 * The product of 64 bits is two words, the offset is added with its carry, and a right shift of both is one of the low
 * word and a left shift of the high word; shifts by less than nothing go the other way, those by 32 and more leave
 * nothing.
 */
#include "bw_token_outputs.h"

#include "bw_fixedpoint.h"

#ifdef __ARM_FEATURE_MVE

/* q4: the scale; q5: where the offsets lie; q6, q7: the clamp. */
#define OUTPUTS(store)                                                                                                 \
    __asm__ volatile("ldr          lr, [%[shared]]              \n"                                                    \
                     "vdup.32      q6, lr                       \n"                                                    \
                     "ldr          lr, [%[shared], #4]          \n"                                                    \
                     "vdup.32      q7, lr                       \n"                                                    \
                     "ldr          lr, [%[shared], #8]          \n"                                                    \
                     "vdup.32      q4, lr                       \n"                                                    \
                     "mov          lr, %[offset]                 \n"                                                   \
                     "vidup.u32    q5, lr, #8                   \n"                                                    \
                     "mov          %[shared], #1                \n"                                                    \
                     "wlstp.32     lr, %[count], 2f             \n"                                                    \
                     "mov          %[count], #32                \n"                                                    \
                     "1:                                        \n"                                                    \
                     "vldrw.32     q1, [%[multiplier]], #16     \n"                                                    \
                     "vmul.i32     q1, q1, q4                   \n"                                                    \
                     "vldrw.32     q2, [%[sums]], #16           \n"                                                    \
                     "vmulh.s32    q0, q2, q1                   \n"                                                    \
                     "vmul.i32     q1, q2, q1                   \n"                                                    \
                     "vldrw.u32    q2, [q5]          \n"                                                               \
                     "vadd.i32     q1, q1, q2                   \n"                                                    \
                     "vldrw.u32    q3, [q5, #4]           \n"                                                          \
                     "vadd.i32     q5, q5, %[count]               \n"                                                  \
                     "vadd.i32     q0, q0, q3                   \n"                                                    \
                     "vpt.u32      hi, q2, q1                   \n"                                                    \
                     "vaddt.i32    q0, q0, %[shared]              \n"                                                  \
                     "vldrb.s32    q2, [%[right]], #4           \n"                                                    \
                     "vneg.s32     q2, q2                       \n"                                                    \
                     "vshl.u32     q1, q1, q2                   \n"                                                    \
                     "vadd.i32     q2, q2, %[count]               \n"                                                  \
                     "vshl.s32     q0, q0, q2                   \n"                                                    \
                     "vorr         q0, q0, q1                   \n"                                                    \
                     "vmax.s32     q0, q0, q6                   \n"                                                    \
                     "vmin.s32     q0, q0, q7                   \n" store                                              \
                     "letp         lr, 1b                       \n"                                                    \
                     "2:                                        \n"                                                    \
                     : [multiplier] "+r"(multiplier), [sums] "+r"(sums), [right] "+l"(right), [to] "+l"(to),           \
                       [shared] "+r"(shared), [count] "+r"(count)                                                      \
                     : [offset] "r"(offset)                                                                            \
                     : "lr", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "memory")

void bw_token_outputs(const bw_token_layer *p, int32_t unit, int32_t count, const int32_t *sums, int32_t scale,
                      const int64_t *offset, void *output) {
    const int32_t *multiplier = p->multiplier + unit;
    const int8_t *right = p->right + unit;
    const int32_t constants[3] = {p->low, p->high, scale}, *shared = constants; /* in the loop, 1, and the count 32 */
    void *to = output;
    if (p->output_bytes == 1) {
        OUTPUTS("vstrb.32 q0, [%[to]], #4 \n");
    } else {
        OUTPUTS("vstrh.32 q0, [%[to]], #8 \n");
    }
}

#else

void bw_token_outputs(const bw_token_layer *p, int32_t unit, int32_t count, const int32_t *sums, int32_t scale,
                      const int64_t *offset, void *output) {
    for (int32_t i = 0; i < count; ++i) {
        const int32_t factor = p->multiplier[unit + i] * scale;
        const int32_t value = bw_token_output(sums[i], factor, offset[i], p->right[unit + i]);
        if (p->output_bytes == 1) {
            ((int8_t *)output)[i] = (int8_t)bw_clamp(value, p->low, p->high);
        } else {
            ((int16_t *)output)[i] = (int16_t)bw_clamp(value, p->low, p->high);
        }
    }
}

#endif
