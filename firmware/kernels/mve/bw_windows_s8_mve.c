#include "bw_windows_s8_mve.h"

#include <stddef.h>

#include "bw_copy_s8_mve.h"
#include "bw_mve.h"

/* The window of output pixel (oy, ox) as contiguous bytes: taps outside the image become the zero point, and what is
 * inside is a rectangle of rows, or of single taps where the window is dilated along x. */
static void copy_window(const bw_window *w, const int8_t *image, int32_t oy, int32_t ox, int32_t zero_point,
                        int8_t *column) {
    const int32_t top = oy * w->stride_h - w->pad_h, left = ox * w->stride_w - w->pad_w;
    const int32_t bytes = w->kernel_w * w->in_c, pitch = w->in_w * w->in_c;
    int32_t y = 0, x = 0, rows = w->kernel_h, taps = w->kernel_w;
    if (top < 0 || left < 0 || top + (rows - 1) * w->dilation_h >= w->in_h ||
        left + (taps - 1) * w->dilation_w >= w->in_w) {
        bw_fill_mve(column, zero_point, rows * bytes);
        for (; top + y * w->dilation_h < 0; ++y) {
        }
        for (; left + x * w->dilation_w < 0; ++x) {
        }
        for (; rows > y && top + (rows - 1) * w->dilation_h >= w->in_h; --rows) {
        }
        for (; taps > x && left + (taps - 1) * w->dilation_w >= w->in_w; --taps) {
        }
        if (rows <= y || taps <= x) {
            return;
        }
    }
    const int8_t *from = image + (top + y * w->dilation_h) * pitch + (left + x * w->dilation_w) * w->in_c;
    int8_t *to = column + y * bytes + x * w->in_c;
    const int contiguous = w->dilation_w == 1;
    bw_copy_s8_mve_job job = {to, from, w->in_c, rows - y, bytes, w->dilation_h * pitch, 1, 0, 0};
    if (contiguous) {
        job.size *= taps - x;
    }
    for (; x < taps; x += contiguous ? taps : 1) {
        bw_copy_s8_mve(&job);
        job.from += w->dilation_w * w->in_c;
        job.to += w->in_c;
    }
}

/* Neighbouring windows of 16 or 32 bytes, each byte by its offset. */
static void gather(const bw_windows_s8_mve *p, const int8_t *from, int32_t count, int8_t *column) {
    const int32_t step = p->window.stride_w * p->window.in_c;
#ifdef __ARM_FEATURE_MVE
#define EIGHT(places)                                                                                                  \
    "vldrb.u16  q0, [%[from], " places "]   \n"                                                                        \
    "vstrb.16   q0, [%[to]], #8        \n"
    if (p->pitch == 16) {
        __asm__ volatile("vldrw.u32  q1, [%[offsets]]      \n"
                         "vldrw.u32  q2, [%[offsets], #16] \n"
                         "dls        lr, %[count]          \n"
                         "1:                               \n" EIGHT("q1")
                             EIGHT("q2") "add        %[from], %[step]      \n"
                                         "le         lr, 1b                \n"
                         : [from] "+r"(from), [to] "+l"(column)
                         : [offsets] "r"(p->offsets), [count] "r"(count), [step] "r"(step)
                         : "lr", "q0", "q1", "q2", "memory");
        return;
    }
    __asm__ volatile("vldrw.u32  q1, [%[offsets]]      \n"
                     "vldrw.u32  q2, [%[offsets], #16] \n"
                     "vldrw.u32  q3, [%[offsets], #32] \n"
                     "vldrw.u32  q4, [%[offsets], #48] \n"
                     "dls        lr, %[count]          \n"
                     "1:                               \n" EIGHT("q1") EIGHT("q2") EIGHT("q3")
                         EIGHT("q4") "add        %[from], %[step]      \n"
                                     "le         lr, 1b                \n"
                     : [from] "+r"(from), [to] "+l"(column)
                     : [offsets] "r"(p->offsets), [count] "r"(count), [step] "r"(step)
                     : "lr", "q0", "q1", "q2", "q3", "q4", "memory");
#undef EIGHT
#else
    for (int32_t i = 0; i < count; ++i) {
        for (int32_t k = 0; k < p->pitch; ++k) {
            *column++ = from[p->offsets[k]];
        }
        from += step;
    }
#endif
}

int32_t bw_windows_s8_mve_copy(const bw_windows_s8_mve *p, const int8_t *image, int32_t oy, int32_t ox, int32_t most,
                               int8_t *column) {
    const bw_window *w = &p->window;
    const int32_t top = oy * w->stride_h - w->pad_h;
    if (ox < p->inner_begin || ox >= p->inner_end || top < 0 || top + (w->kernel_h - 1) * w->dilation_h >= w->in_h) {
        copy_window(w, image, oy, ox, p->input_zero_point, column);
        return 1;
    }
    const int32_t count = p->inner_end - ox < most ? p->inner_end - ox : most;
    const int8_t *from = image + (top * w->in_w + ox * w->stride_w - w->pad_w) * w->in_c;
    const int32_t bytes = w->kernel_w * w->in_c;
    if (p->offsets != NULL) {
        gather(p, from, count, column);
        return count;
    }
    const bw_copy_s8_mve_job job = {
        .to = column,
        .from = from,
        .size = bytes,
        .rows = w->kernel_h,
        .to_pitch = bytes,
        .from_pitch = w->dilation_h * w->in_w * w->in_c,
        .count = count,
        .step = w->stride_w * w->in_c,
        .gap = p->pitch - w->kernel_h * bytes,
    };
    bw_copy_s8_mve(&job);
    return count;
}
