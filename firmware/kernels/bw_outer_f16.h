/* Sums of rows of float16, each times a weight of its own: a lane for each element of a row, fused multiply-adds that
 * are rounded to float16, and float32 sums of what a lane has after every BW_STEPS_F16 rows.
 *
 * Cost on Helium: 12 instructions per row and 32 elements, 6 per row and up to 8 at the end; some 12 per block and 8.
 */
#ifndef BW_OUTER_F16_H
#define BW_OUTER_F16_H

#include "bw_fused_f16.h"

/* Rows: `count` of them `stride` elements apart, then `last` unless it is null, with weights `step` elements apart. The
 * first one is row `first` of its block. */
typedef struct {
    const uint16_t *weights, *rows, *last;
    int32_t step, stride, count, first;
} bw_rows_f16;

/* Elements of an array of `width` sums. */
static inline int32_t bw_sums_f16(int32_t width) { return (width + BW_LANES_F16 - 1) & ~(BW_LANES_F16 - 1); }

#ifdef BW_HELIUM_F16

typedef uint16_t bw_lane_f16;

/* Adds products of `count` rows to lanes: 32, or the first 8 or fewer. */
static inline void bw_outer_run_f16(const uint16_t *weights, int32_t step, const uint16_t *rows, int32_t stride,
                                    int32_t count, int32_t width, bw_lane_f16 *lanes) {
    int32_t weight;
    step *= 2;
    stride *= 2;
    if (width == 32) {
        __asm__ volatile("vldrh.u16  q0, [%[lanes]]      \n"
                         "vldrh.u16  q1, [%[lanes], #16] \n"
                         "vldrh.u16  q2, [%[lanes], #32] \n"
                         "vldrh.u16  q3, [%[lanes], #48] \n"
                         "dls        lr, %[count]        \n"
                         "1:                             \n"
                         "ldrh       %[weight], [%[weights]] \n"
                         "vldrh.u16  q4, [%[rows]]       \n"
                         "vldrh.u16  q5, [%[rows], #16]  \n"
                         "vfma.f16   q0, q4, %[weight]   \n"
                         "vldrh.u16  q4, [%[rows], #32]  \n"
                         "vfma.f16   q1, q5, %[weight]   \n"
                         "vldrh.u16  q5, [%[rows], #48]  \n"
                         "vfma.f16   q2, q4, %[weight]   \n"
                         "vfma.f16   q3, q5, %[weight]   \n"
                         "add        %[weights], %[step] \n"
                         "add        %[rows], %[stride]  \n"
                         "le         lr, 1b              \n"
                         "vstrh.u16  q0, [%[lanes]]      \n"
                         "vstrh.u16  q1, [%[lanes], #16] \n"
                         "vstrh.u16  q2, [%[lanes], #32] \n"
                         "vstrh.u16  q3, [%[lanes], #48] \n"
                         : [weights] "+r"(weights), [rows] "+r"(rows), [weight] "=&r"(weight)
                         : [count] "r"(count), [step] "r"(step), [stride] "r"(stride), [lanes] "r"(lanes)
                         : "lr", "q0", "q1", "q2", "q3", "q4", "q5", "memory");
    } else {
        __asm__ volatile(
            "vldrh.u16  q0, [%[lanes]]      \n"
            "vctp.16    %[width]            \n"
            "dls        lr, %[count]        \n"
            "1:                             \n"
            "ldrh       %[weight], [%[weights]] \n"
            "vpst                           \n"
            "vldrht.u16 q4, [%[rows]]       \n"
            "vfma.f16   q0, q4, %[weight]   \n"
            "add        %[weights], %[step] \n"
            "add        %[rows], %[stride]  \n"
            "le         lr, 1b              \n"
            "vstrh.u16  q0, [%[lanes]]      \n"
            : [weights] "+r"(weights), [rows] "+r"(rows), [weight] "=&r"(weight)
            : [count] "r"(count), [step] "r"(step), [stride] "r"(stride), [lanes] "r"(lanes), [width] "r"(width)
            : "lr", "q0", "q4", "memory");
    }
}

/* Adds lanes to sums, eight at a time. */
static inline void bw_outer_close_f16(const bw_lane_f16 *lanes, int32_t width, float *sums) {
    for (int32_t i = 0; i < width; i += BW_LANES_F16) {
        __asm__ volatile("vldrh.u16 q0, [%[lanes]]       \n"
                         "vld20.32  {q4, q5}, [%[sums]]  \n"
                         "vld21.32  {q4, q5}, [%[sums]]  \n" BW_WIDEN_F16(0) "vadd.f32  q4, q4, q7           \n"
                                                                             "vadd.f32  q5, q5, q0           \n"
                                                                             "vst20.32  {q4, q5}, [%[sums]]  \n"
                                                                             "vst21.32  {q4, q5}, [%[sums]]  \n"
                         :
                         : [lanes] "r"(lanes + i), [sums] "r"(sums + i)
                         : "q0", "q4", "q5", "q7", "memory");
    }
}

#else

typedef float bw_lane_f16;

static inline void bw_outer_run_f16(const uint16_t *weights, int32_t step, const uint16_t *rows, int32_t stride,
                                    int32_t count, int32_t width, bw_lane_f16 *lanes) {
    for (int32_t k = 0; k < count; ++k) {
        const float weight = bw_of_half(weights[k * step]);
        for (int32_t i = 0; i < width; ++i) {
            lanes[i] = bw_fused_f16(bw_of_half(rows[k * stride + i]), weight, lanes[i]);
        }
    }
}

static inline void bw_outer_close_f16(const bw_lane_f16 *lanes, int32_t width, float *sums) {
    for (int32_t i = 0; i < width; ++i) {
        sums[i] += lanes[i];
    }
}

#endif

/* Adds the products of up to 32 elements, `width` of them, which begin at `at`. */
static inline void bw_outer_part_f16(const bw_rows_f16 *p, int32_t at, int32_t width, float *sums) {
    const int32_t total = p->count + (p->last ? 1 : 0);
    for (int32_t k = 0, end; k < total; k = end) {
        bw_lane_f16 lanes[32] = {0};
        end = k + BW_STEPS_F16 - (p->first + k) % BW_STEPS_F16;
        end = end < total ? end : total;
        const int32_t run = (end < p->count ? end : p->count) - k;
        if (run > 0) {
            bw_outer_run_f16(p->weights + k * p->step, p->step, p->rows + k * p->stride + at, p->stride, run, width,
                             lanes);
        }
        if (end > p->count) {
            bw_outer_run_f16(p->weights + p->count * p->step, 0, p->last + at, 0, 1, width, lanes);
        }
        bw_outer_close_f16(lanes, width, sums);
    }
}

/* Adds to `width` sums, of which there is room for bw_sums_f16(width). */
static inline void bw_outer_f16(const bw_rows_f16 *p, int32_t width, float *sums) {
    for (int32_t at = 0, part; at < width; at += part) {
        const int32_t left = width - at;
        part = left >= 32 ? 32 : left < BW_LANES_F16 ? left : BW_LANES_F16;
        bw_outer_part_f16(p, at, part, sums + at);
    }
}

#endif /* BW_OUTER_F16_H */
