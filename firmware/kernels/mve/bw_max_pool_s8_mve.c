#include "bw_max_pool_s8_mve.h"

#include "bw_box_s8_mve.h"

/* Up to sixteen channels from c on. */
static void maxima(const bw_max_pool_s8_mve_params *p, const bw_box_mve *box, int32_t c, int8_t *output) {
    const int8_t *from = box->from + c;
    const int32_t left = box->channels - c;
#ifdef __ARM_FEATURE_MVE
    int32_t rows = box->rows;
    __asm__ volatile(
        "vctp.8      %[left]               \n"
        "vdup.8      q0, %[low]            \n"
        "vdup.8      q2, %[high]           \n"
        "1:                                \n"
        "dls         lr, %[columns]        \n"
        "2:                                \n"
        "vpst                              \n"
        "vldrbt.u8   q1, [%[from]]         \n"
        "vmax.s8     q0, q0, q1            \n"
        "add         %[from], %[step]      \n"
        "le          lr, 2b                \n"
        "add         %[from], %[skip]      \n"
        "subs        %[rows], #1           \n"
        "bne         1b                    \n"
        "vmin.s8     q0, q0, q2            \n"
        "vpst                              \n"
        "vstrbt.8    q0, [%[output]]       \n"
        : [from] "+r"(from), [rows] "+r"(rows)
        : [left] "r"(left), [low] "r"(p->low), [high] "r"(p->high), [columns] "r"(box->columns),
          [step] "r"(box->channels), [skip] "r"(box->pitch - box->columns * box->channels), [output] "r"(output + c)
        : "lr", "q0", "q1", "q2", "cc", "memory");
#else
    for (int32_t i = 0; i < 16 && i < left; ++i) {
        int32_t largest = p->low;
        for (int32_t y = 0; y < box->rows; ++y) {
            for (int32_t x = 0; x < box->columns; ++x) {
                const int32_t value = from[y * box->pitch + x * box->channels + i];
                largest = value > largest ? value : largest;
            }
        }
        output[c + i] = (int8_t)(largest < p->high ? largest : p->high);
    }
#endif
}

void bw_max_pool_s8_mve(const bw_max_pool_s8_mve_params *p, const int8_t *input, int8_t *output) {
    const bw_window *w = &p->window;
    for (int32_t b = 0; b < w->batch; ++b) {
        for (int32_t oy = 0; oy < w->out_h; ++oy) {
            for (int32_t ox = 0; ox < w->out_w; ++ox) {
                const bw_box_mve box = bw_box_of(w, input, oy, ox);
                for (int32_t c = 0; c < w->in_c; c += 16) {
                    maxima(p, &box, c, output);
                }
                output += w->in_c;
            }
        }
        input += w->in_h * w->in_w * w->in_c;
    }
}
