#include "bw_avgpool_s8_mve.h"

#include "bw_box_s8_mve.h"

#ifndef __ARM_FEATURE_MVE
#include "bw_fixedpoint.h"
#endif

/* How a sum becomes a mean: lifted to where rounding up is rounding away from zero, divided by a product with a
 * reciprocal, and lowered again. Twice a sum below 2^17 in magnitude, times the rounded-up reciprocal of a count of at
 * most 256, is off by less than one of 2^31 parts. */
typedef struct {
    int32_t lift, half, lower;
    uint32_t reciprocal; /* 2^31 / count, rounded up */
} division;

static division division_by(int32_t count, int32_t half_up) {
    const uint32_t divisor = (uint32_t)count;
    const division d = {
        .lift = half_up ? 128 * count : 0,
        .half = count / 2,
        .lower = half_up ? 128 : 0,
        .reciprocal = (0x80000000U + divisor - 1U) / divisor,
    };
    return d;
}

#ifdef __ARM_FEATURE_MVE

#define MEAN(q)                                                                                                        \
    "vadd.i32    " q ", " q ", %[lift]      \n"                                                                        \
    "vshr.s32    q0, " q ", #31            \n"                                                                         \
    "vabs.s32    " q ", " q "               \n"                                                                        \
    "vadd.i32    " q ", " q ", %[half]      \n"                                                                        \
    "vshl.i32    " q ", " q ", #1           \n"                                                                        \
    "vmulh.u32   " q ", " q ", q3           \n"                                                                        \
    "veor        " q ", " q ", q0           \n"                                                                        \
    "vsub.i32    " q ", " q ", q0           \n"                                                                        \
    "vsub.i32    " q ", " q ", %[lower]     \n"

/* Up to eight channels from c on: sums in 16 bits, then means in 32 bits, even channels in q1 and odd ones in q2. */
static void means(const bw_avgpool_s8_mve_params *p, const bw_box_mve *box, const division *d, int32_t c,
                  int8_t *output) {
    const int8_t *from = box->from + c;
    int32_t rows = box->rows, sums[4];
    __asm__ volatile("vctp.16     %[left]               \n"
                     "vmov.i16    q0, #0                \n"
                     "1:                                \n"
                     "dls         lr, %[columns]        \n"
                     "2:                                \n"
                     "vpst                              \n"
                     "vldrbt.s16  q1, [%[from]]         \n"
                     "vadd.i16    q0, q0, q1            \n"
                     "add         %[from], %[step]      \n"
                     "le          lr, 2b                \n"
                     "add         %[from], %[skip]      \n"
                     "subs        %[rows], #1           \n"
                     "bne         1b                    \n"
                     "vstrw.32    q0, [%[sums]]         \n"
                     : [from] "+l"(from), [rows] "+r"(rows)
                     : [sums] "r"(sums), [left] "r"(box->channels - c), [columns] "r"(box->columns),
                       [step] "r"(box->channels), [skip] "r"(box->pitch - box->columns * box->channels)
                     : "lr", "q0", "q1", "cc", "memory");
    /* clang-format off */
    __asm__ volatile("vldrw.u32   q0, [%[sums]]         \n"
                     "vmovlb.s16  q1, q0                \n"
                     "vmovlt.s16  q2, q0                \n"
                     "vdup.32     q3, %[reciprocal]     \n"
                     MEAN("q1")
                     MEAN("q2")
                     "vmovnt.i32  q1, q2                \n"
                     "vdup.16     q0, %[low]            \n"
                     "vdup.16     q2, %[high]           \n"
                     "vmax.s16    q1, q1, q0            \n"
                     "vmin.s16    q1, q1, q2            \n"
                     "vctp.16     %[left]               \n"
                     "vpst                              \n"
                     "vstrbt.16   q1, [%[output]]       \n"
                     :
                     : [sums] "r"(sums), [reciprocal] "r"(d->reciprocal), [lift] "r"(d->lift), [half] "r"(d->half), [lower] "r"(d->lower),
                       [low] "r"(p->low), [high] "r"(p->high), [left] "r"(box->channels - c), [output] "l"(output + c)
                     : "q0", "q1", "q2", "q3", "memory");
    /* clang-format on */
}

#else

static void means(const bw_avgpool_s8_mve_params *p, const bw_box_mve *box, const division *d, int32_t c,
                  int8_t *output) {
    for (int32_t i = c; i < c + 8 && i < box->channels; ++i) {
        int32_t sum = 0;
        for (int32_t y = 0; y < box->rows; ++y) {
            for (int32_t x = 0; x < box->columns; ++x) {
                sum += box->from[y * box->pitch + x * box->channels + i];
            }
        }
        const int32_t lifted = sum + d->lift, magnitude = lifted < 0 ? -lifted : lifted;
        const int32_t mean = (int32_t)(((uint64_t)(2 * (magnitude + d->half)) * d->reciprocal) >> 32);
        output[i] = (int8_t)bw_clamp((lifted < 0 ? -mean : mean) - d->lower, p->low, p->high);
    }
}

#endif

void bw_avgpool_s8_mve(const bw_avgpool_s8_mve_params *p, const int8_t *input, int8_t *output) {
    const bw_window *w = &p->window;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            for (int32_t ox = 0; ox < w->out_w; ++ox) {
                const bw_box_mve box = bw_box_of(w, input, oy, ox);
                const division d = division_by(box.rows * box.columns, p->half_up);
                for (int32_t c = 0; c < w->in_c; c += 8) {
                    means(p, &box, &d, c, output);
                }
                output += w->in_c;
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
