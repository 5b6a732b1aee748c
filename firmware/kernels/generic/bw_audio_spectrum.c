/* Window, real FFT and magnitudes of every frame. */
#include "bw_audio_spectrum.h"

#include "bw_log2.h"

typedef struct {
    int32_t re, im;
} complex32;

/* A product with a twiddle in Q30; |z| < 2^30, and the sum of two products fits int64. */
static inline complex32 times(complex32 z, const int32_t *w) {
    const int64_t half = INT64_C(1) << 29;
    const complex32 result = {(int32_t)(((int64_t)z.re * w[0] - (int64_t)z.im * w[1] + half) >> 30),
                              (int32_t)(((int64_t)z.re * w[1] + (int64_t)z.im * w[0] + half) >> 30)};
    return result;
}

/* The halved sum and difference take the places of a and b. */
static inline void butterfly(complex32 *a, complex32 *b, complex32 t) {
    const complex32 z = *a;
    a->re = (z.re + t.re + 1) >> 1;
    a->im = (z.im + t.im + 1) >> 1;
    b->re = (z.re - t.re + 1) >> 1;
    b->im = (z.im - t.im + 1) >> 1;
}

/* The windowed samples as complex numbers, each at its index with the bits in reverse; zeros beyond the window. */
static void load(const bw_audio_spectrum_params *p, const int16_t *samples, complex32 *z) {
    const int32_t half = p->fft / 2;
    for (int32_t n = 0, place = 0; n < half; ++n) {
        const int32_t i = 2 * n;
        z[place].re = i < p->size ? ((int32_t)samples[i] * p->window[i] + 1) >> 1 : 0;
        z[place].im = i + 1 < p->size ? ((int32_t)samples[i + 1] * p->window[i + 1] + 1) >> 1 : 0;
        int32_t bit = half >> 1; /* place counts up from its highest bit */
        for (; (place & bit) != 0; bit >>= 1) {
            place ^= bit;
        }
        place |= bit;
    }
}

static void transform(const bw_audio_spectrum_params *p, complex32 *z) {
    const int32_t half = p->fft / 2;
    for (int32_t k = 0; k < half; k += 2) {
        butterfly(z + k, z + k + 1, z[k + 1]);
    }
    for (int32_t size = 4; size <= half; size *= 2) {
        const int32_t apart = size / 2, step = p->fft / size;
        for (int32_t k = 0; k < half; k += size) {
            butterfly(z + k, z + k + apart, z[k + apart]);
        }
        for (int32_t j = 1; j < apart; ++j) {
            const int32_t *w = p->twiddles + 2 * j * step;
            for (int32_t k = j; k < half; k += size) {
                butterfly(z + k, z + k + apart, times(z[k + apart], w));
            }
        }
    }
}

/* sqrt(re^2 + im^2), cut to its 16 leading bits. */
static int32_t magnitude(complex32 x) {
    const uint64_t power = (uint64_t)((int64_t)x.re * x.re) + (uint64_t)((int64_t)x.im * x.im);
    const int32_t shift = (bw_bit_length((uint32_t)(power >> 32)) + 1) >> 1;
    return (int32_t)(bw_sqrt32((uint32_t)(power >> (2 * shift))) << shift);
}

/* One bin of the spectrum of the samples from that of the packed ones. */
static complex32 bin(const bw_audio_spectrum_params *p, const complex32 *z, int32_t k) {
    const int32_t half = p->fft / 2;
    const complex32 a = z[k & (half - 1)], b = z[(half - k) & (half - 1)];
    const complex32 even = {(a.re + b.re + 1) >> 1, (a.im - b.im + 1) >> 1};
    complex32 odd = {(a.im + b.im + 1) >> 1, (b.re - a.re + 1) >> 1};
    if (k == half) {
        const complex32 last = {even.re - odd.re, 0};
        return last;
    }
    odd = times(odd, p->twiddles + 2 * k);
    const complex32 sum = {even.re + odd.re, even.im + odd.im};
    return sum;
}

void bw_audio_spectrum(const bw_audio_spectrum_params *p, const int16_t *samples, int32_t *output, void *scratch) {
    complex32 *z = scratch;
    for (int32_t frame = 0; frame < p->frames; ++frame) {
        load(p, samples, z);
        transform(p, z);
        for (int32_t k = 0; k < p->bins; ++k) {
            *output++ = magnitude(bin(p, z, k));
        }
        samples += p->stride;
    }
}
