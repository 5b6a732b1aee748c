/* A platform for tests: the firmware as a coroutine of the process that tests it. It runs as long as it has bytes to
 * read, so that a conversation needs no real time; loading the library anew is a reset. */
#include <stddef.h>
#include <stdlib.h>
#include <ucontext.h>

#include "bw_platform.h"

int firmware_main(void); /* bw_main.c's, renamed */

const uint32_t bw_platform_numerator = 0;
const uint32_t bw_platform_denominator = 0;
const uint32_t bw_platform_unit = 0;

static ucontext_t tester, firmware;
static unsigned char stack[1 << 18];
static const uint8_t *input;
static size_t unread;
static uint8_t *output;
static size_t written, room;
int started; /* 0 after a reset */

static void start(void) { firmware_main(); }

/* Let the firmware read bytes; returns how many it wrote. */
size_t feed(const uint8_t *data, size_t bytes, uint8_t *to, size_t most) {
    input = data;
    unread = bytes;
    output = to;
    room = most;
    written = 0;
    if (!started) {
        started = 1;
        getcontext(&firmware);
        firmware.uc_stack.ss_sp = stack;
        firmware.uc_stack.ss_size = sizeof stack;
        firmware.uc_link = &tester;
        makecontext(&firmware, start, 0);
    }
    swapcontext(&tester, &firmware);
    return written;
}

void bw_platform_init(void) {}

uint8_t bw_platform_get(void) {
    while (unread == 0) {
        swapcontext(&firmware, &tester);
    }
    --unread;
    return *input++;
}

void bw_platform_put(uint8_t byte) {
    if (written == room) {
        abort();
    }
    output[written++] = byte;
}

uint32_t bw_platform_ticks(void) { return 0; }
uint32_t *bw_platform_stack_pointer(void) { return NULL; }
uint32_t *bw_platform_stack_limit(void) { return NULL; }
void bw_platform_loop(uint32_t n) { (void)n; }
