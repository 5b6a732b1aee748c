#include "bw_windows_s8_mve.h"

#include <stddef.h>

#include "bw_mve.h"
#include "bw_span.h"

/* The taps along one axis that lie in the image; the first is at `start`. */
static bw_span taps_inside(int32_t start, int32_t taps, int32_t dilation, int32_t size) {
    bw_span inside = {0, taps};
    if (start >= 0 && start + (taps - 1) * dilation < size) {
        return inside;
    }
    while (inside.begin < taps && start + inside.begin * dilation < 0) {
        ++inside.begin;
    }
    while (inside.end > inside.begin && start + (inside.end - 1) * dilation >= size) {
        --inside.end;
    }
    return inside;
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

void bw_windows_s8_mve_row(const bw_windows_s8_mve *p, const int8_t *image, int32_t oy, bw_window_row_s8_mve *row) {
    const bw_window *w = &p->window;
    const int32_t top = oy * w->stride_h - w->pad_h;
    const int32_t bytes = w->kernel_w * w->in_c, in_pitch = w->in_w * w->in_c;
    const bw_span rows = taps_inside(top, w->kernel_h, w->dilation_h, w->in_h);
    row->from = image + (top + rows.begin * w->dilation_h) * in_pitch;
    row->above = rows.begin * bytes;
    row->job.size = bytes;
    row->job.rows = rows.end - rows.begin;
    row->job.to_pitch = bytes;
    row->job.from_pitch = w->dilation_h * in_pitch;
    row->job.step = w->stride_w * w->in_c;
    row->job.gap = p->pitch - row->job.rows * bytes;
}

/* A window that may leave the image at the sides or is dilated along x: the zero point, and over it what is inside, a
 * rectangle of rows or of single taps. */
static void copy_window(const bw_windows_s8_mve *p, const bw_window_row_s8_mve *row, int32_t left, int8_t *column) {
    const bw_window *w = &p->window;
    const bw_span taps = taps_inside(left, w->kernel_w, w->dilation_w, w->in_w);
    const int32_t width = taps.end - taps.begin, contiguous = w->dilation_w == 1;
    bw_copy_s8_mve_job job = row->job;
    bw_fill_mve(column, p->input_zero_point, p->pitch);
    if (job.rows <= 0 || width <= 0) {
        return;
    }
    job.to = column + row->above + taps.begin * w->in_c;
    job.from = row->from + (left + taps.begin * w->dilation_w) * w->in_c;
    job.size = contiguous ? width * w->in_c : w->in_c;
    job.count = 1;
    bw_copy_s8_mve(&job);
    for (int32_t x = 1; x < width && !contiguous; ++x) {
        job.from += w->dilation_w * w->in_c;
        job.to += w->in_c;
        bw_copy_s8_mve(&job);
    }
}

int32_t bw_windows_s8_mve_copy(const bw_windows_s8_mve *p, bw_window_row_s8_mve *row, int32_t ox, int32_t most,
                               int8_t *column) {
    const bw_window *w = &p->window;
    const int32_t left = ox * w->stride_w - w->pad_w;
    if (ox < p->inner_begin || ox >= p->inner_end) {
        copy_window(p, row, left, column);
        return 1;
    }
    const int32_t count = p->inner_end - ox < most ? p->inner_end - ox : most;
    const int8_t *from = row->from + left * w->in_c;
    if (row->job.rows < w->kernel_h) {
        bw_fill_mve(column, p->input_zero_point, count * p->pitch);
    } else if (p->offsets != NULL) {
        gather(p, from, count, column);
        return count;
    }
    if (row->job.rows > 0) {
        row->job.to = column + row->above;
        row->job.from = from;
        row->job.count = count;
        bw_copy_s8_mve(&row->job);
    }
    return count;
}
