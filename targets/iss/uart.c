/* An NS16550 as QEMU's "virt" machine has one, as far as polling firmware sees it. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "iss.h"

enum { DATA = 0, LINE_STATUS = 5, RECEIVED = 0x01, TRANSMITTER_EMPTY = 0x20, BUFFER = 4096 };

static uint8_t input[BUFFER], output[BUFFER];
static size_t input_next, input_end, output_end;
static bool polled; /* the status was read since the last transfer: whoever reads it again waits for a byte */

void uart_flush(void) {
    for (size_t done = 0; done < output_end;) {
        const ssize_t written = write(STDOUT_FILENO, output + done, output_end - done);
        if (written <= 0) {
            exit(EXIT_SUCCESS); /* nobody listens any more */
        }
        done += (size_t)written;
    }
    output_end = 0;
}

static void wait_for_input(void) {
    uart_flush();
    const ssize_t got = read(STDIN_FILENO, input, sizeof input);
    if (got <= 0) {
        exit(EXIT_SUCCESS);
    }
    input_next = 0;
    input_end = (size_t)got;
}

bool line_has_byte(void) {
    if (input_next == input_end && polled) {
        wait_for_input();
    }
    polled = true;
    return input_next < input_end;
}

uint8_t line_take(void) {
    polled = false;
    return input_next < input_end ? input[input_next++] : 0;
}

void line_put(uint8_t byte) {
    polled = false;
    output[output_end++] = byte;
    if (output_end == sizeof output) {
        uart_flush();
    }
}

uint8_t uart_read(uint32_t offset) {
    if (offset == LINE_STATUS) {
        return line_has_byte() ? RECEIVED | TRANSMITTER_EMPTY : TRANSMITTER_EMPTY;
    }
    polled = false;
    return offset == DATA ? line_take() : 0;
}

void uart_write(uint32_t offset, uint8_t value) {
    polled = false;
    if (offset == DATA) {
        line_put(value);
    }
}
