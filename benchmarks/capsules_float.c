/*
 * The capsule network of benchmarks/capsules.py in float32, as plain C: what its integers are set beside in flash.
 *
 * Images and feature maps lie as [rows][columns][channels]. weights.h holds the parameters, written from the network:
 * conv_weight [16][7][7][1], conv_bias [16], primary_weight [128][5][5][16], primary_bias [128],
 * routing_weight [10][256][8][8] (capsule, input, element, element of the input).
 */
#include <math.h>
#include <string.h>

#include "weights.h"

enum { CAPSULES = 10, INPUTS = 256, DEPTH = 8, ITERATIONS = 3 };

static float features[11 * 11 * 16], primary[INPUTS * DEPTH], logits[INPUTS * CAPSULES];
static float predictions[INPUTS * CAPSULES * DEPTH], outputs[CAPSULES * DEPTH];

/* Square images, kernels and strides; no padding. */
static void convolve(const float *x, int size, int channels, const float *weight, const float *bias, int kernel,
                     int outs, float lowest, float *y) {
    const int places = (size - kernel) / 2 + 1;
    for (int place = 0; place < places * places; place++) {
        const float *corner = x + (place / places * 2 * size + place % places * 2) * channels;
        for (int out = 0; out < outs; out++) {
            const float *w = weight + out * kernel * kernel * channels;
            float sum = bias[out];
            for (int row = 0; row < kernel; row++) {
                for (int i = 0; i < kernel * channels; i++) {
                    sum += corner[row * size * channels + i] * *w++;
                }
            }
            *y++ = sum > lowest ? sum : lowest;
        }
    }
}

static float length(const float *x) {
    float sum = 0.0f;
    for (int i = 0; i < DEPTH; i++) {
        sum += x[i] * x[i];
    }
    return sqrtf(sum);
}

static void squash(float *x) {
    const float norm = length(x), factor = norm / (1.0f + norm * norm);
    for (int i = 0; i < DEPTH; i++) {
        x[i] *= factor;
    }
}

static void predict(void) {
    float *y = predictions;
    for (int input = 0; input < INPUTS; input++) {
        for (int row = 0; row < CAPSULES * DEPTH; row++) {
            const float *w = routing_weight + ((row / DEPTH * INPUTS + input) * DEPTH + row % DEPTH) * DEPTH;
            float sum = 0.0f;
            for (int i = 0; i < DEPTH; i++) {
                sum += w[i] * primary[input * DEPTH + i];
            }
            *y++ = sum;
        }
    }
}

static void couple(void) {
    memset(outputs, 0, sizeof(outputs));
    for (int input = 0; input < INPUTS; input++) {
        const float *b = logits + input * CAPSULES, *u = predictions + input * CAPSULES * DEPTH;
        float shares[CAPSULES], most = b[0], sum = 0.0f;
        for (int j = 1; j < CAPSULES; j++) {
            most = b[j] > most ? b[j] : most;
        }
        for (int j = 0; j < CAPSULES; j++) {
            shares[j] = expf(b[j] - most);
            sum += shares[j];
        }
        for (int i = 0; i < CAPSULES * DEPTH; i++) {
            outputs[i] += shares[i / DEPTH] / sum * u[i];
        }
    }
    for (int j = 0; j < CAPSULES; j++) {
        squash(outputs + j * DEPTH);
    }
}

static void agree(void) {
    for (int i = 0; i < INPUTS * CAPSULES * DEPTH; i++) {
        logits[i / DEPTH] += predictions[i] * outputs[i % (CAPSULES * DEPTH)];
    }
}

void capsules_float(const float *image, float *lengths) {
    convolve(image, 28, 1, conv_weight, conv_bias, 7, 16, 0.0f, features);
    convolve(features, 11, 16, primary_weight, primary_bias, 5, INPUTS * DEPTH / 16, -INFINITY, primary);
    for (int input = 0; input < INPUTS; input++) {
        squash(primary + input * DEPTH);
    }
    predict();
    memset(logits, 0, sizeof(logits));
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
        if (iteration > 0) {
            agree();
        }
        couple();
    }
    for (int j = 0; j < CAPSULES; j++) {
        lengths[j] = length(outputs + j * DEPTH);
    }
}
