#include "bw_depthwise_conv_s8_planes_mve.h"

#include "bw_mve.h"
#include "bw_planes_s8_mve.h"

/* Two lines of four channels, the first of them `line`, to a strip; lines outside the image become the zero point. */
static void bring(const bw_depthwise_conv_s8_planes_mve_params *p, const int8_t *input, int32_t line, int8_t *strip) {
    const int32_t lines = p->across.in, step = p->across.in_step;
    const int first = line >= 0 && line < lines, second = line + 1 >= 0 && line + 1 < lines;
    const int8_t *a = input + line * step, *b = a + step;
    if (!first && !second) {
        bw_fill_mve(strip, p->input_zero_point, p->strip);
        return;
    }
    bw_planes_s8_mve_insert(first ? a : b, second ? b : a, p->along.in_step, p->along.in, strip + 4 * p->along.pad,
                            p->strip / 2);
    if (!first || !second) {
        bw_planes_s8_mve_fill(strip, p->strip, second ? 0 : 1, p->input_zero_point);
    }
}

/* Four channels of an image. */
static void channels(const bw_depthwise_conv_s8_planes_mve_params *p, bw_planes_s8_mve *planes, const int8_t *input,
                     int8_t *output, int8_t *strips) {
    int32_t top = -p->across.pad;
    planes->output = output;
    planes->swapped = 0;
    bring(p, input, top, strips);
    for (int32_t line = 0; line < p->across.out; line += 2) {
        top += 2;
        bring(p, input, top, strips + (planes->swapped ? 0 : p->strip));
        planes->lines = p->across.out - line > 1 ? 2 : 1;
        bw_planes_s8_mve_compute(planes);
        planes->output += 2 * p->across.out_step;
        planes->swapped = !planes->swapped;
    }
}

void bw_depthwise_conv_s8_planes_mve(const bw_depthwise_conv_s8_planes_mve_params *p, const int8_t *input,
                                     int8_t *output, void *scratch) {
    bw_planes_s8_mve planes = {
        .strips = scratch,
        .plane = p->strip / 2,
        .places = p->along.out,
        .along = p->along.out_step,
        .across = p->across.out_step,
        .taps = p->along.taps * p->across.taps,
        .taps_across = p->across.taps,
        .taps_along = p->along.taps,
        .output_zero_point = p->output_zero_point,
        .low = p->low,
        .high = p->high,
        .simple = p->simple,
    };
    bw_fill_mve(scratch, p->input_zero_point, 2 * p->strip);
    for (int32_t b = 0; b < p->batch; ++b) {
        planes.records = p->records;
        for (int32_t c = 0; c < p->channels; c += BW_PLANES_CHANNELS) {
            channels(p, &planes, input + c, output + c, scratch);
            planes.records += BW_PLANES_CHANNELS * (9 + planes.taps);
        }
        input += p->in_image;
        output += p->out_image;
    }
}
