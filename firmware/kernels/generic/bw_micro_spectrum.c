/* Window, automatic scaling, int16 FFT and energies of every frame. */
#include "bw_micro_spectrum.h"

#include "bw_log2.h"

typedef struct {
    int16_t re, im;
} complex16;

/* A product in Q15, rounded half up. */
static inline int16_t product(int32_t value, int32_t factor) { return (int16_t)((value * factor + (1 << 14)) >> 15); }

static inline complex16 divided(complex16 z, int32_t by) {
    const complex16 result = {product(z.re, 32767 / by), product(z.im, 32767 / by)};
    return result;
}

static inline complex16 times(complex16 z, const int16_t *w) {
    const complex16 result = {(int16_t)((z.re * w[0] - z.im * w[1] + (1 << 14)) >> 15),
                              (int16_t)((z.re * w[1] + z.im * w[0] + (1 << 14)) >> 15)};
    return result;
}

static inline complex16 add(complex16 a, complex16 b) {
    const complex16 result = {(int16_t)(a.re + b.re), (int16_t)(a.im + b.im)};
    return result;
}

static inline complex16 sub(complex16 a, complex16 b) {
    const complex16 result = {(int16_t)(a.re - b.re), (int16_t)(a.im - b.im)};
    return result;
}

static inline int32_t windowed(const bw_micro_spectrum_params *p, const int16_t *samples, int32_t i) {
    return i < p->size ? (samples[i] * p->window[i]) >> 12 : 0;
}

/* The windowed samples, scaled up as far as the highest magnitude allows, as complex numbers in the order of the first
 * stage. Returns the shift. A value of -32768 has no magnitude: the library's int16 wraps. */
static int32_t load(const bw_micro_spectrum_params *p, const int16_t *samples, complex16 *z) {
    int32_t highest = 0;
    for (int32_t i = 0; i < p->size; ++i) {
        const int32_t value = windowed(p, samples, i);
        const int32_t magnitude = value < 0 ? -value : value;
        highest = magnitude > highest && magnitude <= INT16_MAX ? magnitude : highest;
    }
    const int32_t shift = 15 - bw_bit_length((uint32_t)highest);
    for (int32_t n = 0; n < p->fft / 2; ++n) {
        const int32_t i = 2 * p->order[n];
        z[n].re = (int16_t)((uint32_t)windowed(p, samples, i) << shift);
        z[n].im = (int16_t)((uint32_t)windowed(p, samples, i + 1) << shift);
    }
    return shift;
}

static void radix_two(complex16 *z, const int16_t *w) {
    const complex16 a = divided(z[0], 2), b = times(divided(z[1], 2), w);
    z[0] = add(a, b);
    z[1] = sub(a, b);
}

static void radix_four(complex16 *z, int32_t apart, const int16_t *w, int32_t step) {
    complex16 *const a = z, *const b = z + apart, *const c = z + 2 * apart, *const d = z + 3 * apart;
    const complex16 first = divided(*a, 4), third = times(divided(*c, 4), w + 2 * step);
    const complex16 second = times(divided(*b, 4), w + step), fourth = times(divided(*d, 4), w + 3 * step);
    const complex16 even = add(first, third), odd = add(second, fourth);
    const complex16 low = sub(first, third), high = sub(second, fourth);
    const complex16 right = {(int16_t)(low.re + high.im), (int16_t)(low.im - high.re)};
    const complex16 left = {(int16_t)(low.re - high.im), (int16_t)(low.im + high.re)};
    *a = add(even, odd);
    *b = right;
    *c = sub(even, odd);
    *d = left;
}

static void transform(const bw_micro_spectrum_params *p, complex16 *z) {
    const int32_t size = p->fft / 2;
    int32_t done = 1;
    if ((bw_bit_length((uint32_t)size) & 1) == 0) { /* an odd power of two */
        for (int32_t k = 0; k < size; k += 2) {
            radix_two(z + k, p->twiddles);
        }
        done = 2;
    }
    for (; done < size; done *= 4) {
        for (int32_t j = 0; j < done; ++j) {
            const int32_t step = 2 * j * (size / (4 * done));
            for (int32_t k = j; k < size; k += 4 * done) {
                radix_four(z + k, done, p->twiddles, step);
            }
        }
    }
}

/* The energy of one bin of the spectrum of the samples from that of the packed ones; 1 <= k < fft / 2. */
static int32_t energy(const bw_micro_spectrum_params *p, const complex16 *z, int32_t k) {
    const int32_t half = p->fft / 2;
    const int32_t low = k < half - k ? k : half - k;
    complex16 mirrored = z[half - low];
    mirrored.im = (int16_t)-mirrored.im;
    const complex16 here = divided(z[low], 2);
    mirrored = divided(mirrored, 2);
    const complex16 total = add(here, mirrored);
    const complex16 turned = times(sub(here, mirrored), p->super_twiddles + 2 * (low - 1));
    int32_t re, im;
    if (2 * k < half) {
        re = (int16_t)((total.re + turned.re) >> 1);
        im = (int16_t)((total.im + turned.im) >> 1);
    } else {
        re = (int16_t)((total.re - turned.re) >> 1);
        im = (int16_t)((turned.im - total.im) >> 1);
    }
    return (int32_t)((uint32_t)(re * re) + (uint32_t)(im * im));
}

void bw_micro_spectrum(const bw_micro_spectrum_params *p, const int16_t *samples, int32_t *energies, int16_t *shifts,
                       void *scratch) {
    complex16 *z = scratch;
    for (int32_t frame = 0; frame < p->frames; ++frame) {
        *shifts++ = (int16_t)load(p, samples, z);
        transform(p, z);
        for (int32_t k = p->first; k < p->first + p->bins; ++k) {
            *energies++ = energy(p, z, k);
        }
        samples += p->stride;
    }
}
