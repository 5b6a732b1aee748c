/* Functions by table, eight values at a time: 11 instructions, where steps of the table fit int16.
 *
 * With the line's ends T and U, of 128 values in which x goes on by r, T + (((U - T) r + 64) >> 7) is
 * T + VQRDMULH(U - T, r << 8).
 */
#include "bw_interpolate_s16.h"

#include "bw_interpolation.h"

void bw_interpolate_s16(const bw_interpolate_s16_params *p, const int16_t *input, int16_t *output) {
#ifdef __ARM_FEATURE_MVE
    if (!p->steep) {
        __asm__ volatile("vdup.16      q4, %[mask]                      \n"
                         "wlstp.16     lr, %[count], 2f                 \n"
                         "1:                                            \n"
                         "vldrh.u16    q0, [%[from]], #16               \n"
                         "vadd.i16     q1, q0, %[middle]                \n"
                         "vshr.u16     q1, q1, #7                       \n"
                         "vldrh.u16    q2, [%[table], q1, uxtw #1]      \n"
                         "vldrh.u16    q3, [%[next], q1, uxtw #1]       \n"
                         "vand         q0, q0, q4                       \n"
                         "vshl.i16     q0, q0, #8                       \n"
                         "vsub.i16     q3, q3, q2                       \n"
                         "vqrdmulh.s16 q3, q3, q0                       \n"
                         "vadd.i16     q2, q2, q3                       \n"
                         "vstrh.16     q2, [%[to]], #16                 \n"
                         "letp         lr, 1b                           \n"
                         "2:                                            \n"
                         : [from] "+l"(input), [to] "+l"(output)
                         : [count] "r"(p->size), [mask] "r"(0x7F), [middle] "r"(0x8000), [table] "r"(p->table),
                           [next] "r"(p->table + 1)
                         : "lr", "q0", "q1", "q2", "q3", "q4", "memory");
        return;
    }
#endif
    for (int32_t i = 0; i < p->size; ++i) {
        output[i] = (int16_t)bw_interpolated(p->table, input[i]);
    }
}
