/* The host: the link is standard input and output; ticks are microseconds, of which no instructions follow. */
#include "bw_platform.h"

#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

const uint32_t bw_platform_numerator = 0;
const uint32_t bw_platform_denominator = 0;
const uint32_t bw_platform_unit = 0;

uint32_t bw_platform_hz(void) { return 1000000U; }

void bw_platform_init(void) {}

static uint8_t output[2048];
static size_t output_bytes;

static void flush(void) {
    for (size_t sent = 0; sent < output_bytes;) {
        const ssize_t count = write(STDOUT_FILENO, output + sent, output_bytes - sent);
        if (count <= 0) {
            exit(0); /* the host side has gone */
        }
        sent += (size_t)count;
    }
    output_bytes = 0;
}

uint8_t bw_platform_get(void) {
    static uint8_t buffer[4096];
    static ssize_t filled, next;
    if (next == filled) {
        flush(); /* whoever waits has said all it has to say */
        filled = read(STDIN_FILENO, buffer, sizeof buffer);
        next = 0;
        if (filled <= 0) {
            exit(0);
        }
    }
    return buffer[next++];
}

void bw_platform_put(uint8_t byte) {
    output[output_bytes++] = byte;
    if (output_bytes == sizeof output) {
        flush();
    }
}

uint32_t bw_platform_ticks(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U);
}

uint32_t *bw_platform_stack_pointer(void) { return NULL; }
uint32_t *bw_platform_stack_limit(void) { return NULL; }
void bw_platform_loop(uint32_t n) { (void)n; }
