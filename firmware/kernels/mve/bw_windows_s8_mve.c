#include "bw_windows_s8_mve.h"

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
    const bw_copy_s8_mve_job job = {column,
                                    from,
                                    bytes,
                                    w->kernel_h,
                                    bytes,
                                    w->dilation_h * w->in_w * w->in_c,
                                    count,
                                    w->stride_w * w->in_c,
                                    p->pitch - w->kernel_h * bytes};
    bw_copy_s8_mve(&job);
    return count;
}
