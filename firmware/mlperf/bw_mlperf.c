/* Firmware for MLPerf Tiny: answers the commands of EEMBC's and MLCommons' runners. docs/mlperf-tiny.md lists them.
 *
 * A command ends with '%', its words are separated by spaces; control characters and what is not ASCII are passed over.
 * Every command is answered by lines, of which "m-ready" is the last and "e-[...]" says what was wrong.
 */
#include "bw_mlperf.h"

#include <stddef.h>
#include <string.h>

#include "bw_model.h"
#include "bw_platform.h"

#define VENDOR       "bitwright"
#define FIRMWARE     "ULPMark for tinyML Firmware V0.0.1" /* the protocol's version, not ours */
#define COMMAND_SIZE 80U
#define TERMINATOR   '%'
#define LINE_BYTES   8U
#define NO_NUMBER    UINT32_MAX

static uint32_t expected;   /* bytes that `db load` announced */
static uint32_t received;   /* of them, those that `db` brought */
static uint32_t inferences; /* since the firmware started: without one there are no results */

/* -- Text -----------------------------------------------------------------------------------------------------------
 */

static void put(char character) { bw_platform_put((uint8_t)character); }
static void say(const char *text) {
    while (*text != '\0') {
        put(*text++);
    }
}

static void say_number(uint64_t value) {
    char digits[20];
    uint32_t count = 0;
    for (; count == 0 || value != 0; value /= 10U) {
        digits[count++] = (char)('0' + (int)(value % 10U));
    }
    while (count > 0) {
        put(digits[--count]);
    }
}

static void say_line(const char *before, uint64_t value, const char *after) {
    say(before);
    say_number(value);
    say(after);
    say("\r\n");
}

static void error(const char *what, const char *which) {
    say("e-[");
    say(what);
    say(which);
    say("]\r\n");
}

/* The next word, or NULL; `rest` moves behind it. */
static char *next_word(char **rest) {
    char *word = *rest;
    while (*word == ' ') {
        ++word;
    }
    char *end = word;
    while (*end != ' ' && *end != '\0') {
        ++end;
    }
    *rest = *end == '\0' ? end : end + 1;
    *end = '\0';
    return *word == '\0' ? NULL : word;
}

static int is(const char *word, const char *name) {
    while (*word != '\0' && *word == *name) {
        ++word;
        ++name;
    }
    return *word == *name;
}

/* A decimal number of at most nine digits, else NO_NUMBER. */
static uint32_t number(const char *word) {
    uint32_t value = 0;
    uint32_t digits = 0;
    for (; word != NULL && word[digits] >= '0' && word[digits] <= '9' && digits < 9U; ++digits) {
        value = 10U * value + (uint32_t)(word[digits] - '0');
    }
    return digits == 0 || word[digits] != '\0' ? NO_NUMBER : value;
}

/* The value of a hexadecimal digit, else 16. */
static uint32_t hex_digit(char digit) {
    static const char digits[] = "0123456789abcdef";
    const char lower = digit >= 'A' && digit <= 'F' ? (char)(digit - 'A' + 'a') : digit;
    uint32_t value = 0;
    while (value < 16U && digits[value] != lower) {
        ++value;
    }
    return value;
}

/* -- Time -----------------------------------------------------------------------------------------------------------
 */

/* The counter's 32 bits, carried on; read more often than they turn over, at least while inferences are timed. */
static uint64_t ticks(void) {
    static uint32_t last;
    static uint64_t total;
    const uint32_t now = bw_platform_ticks();
    total += now - last;
    last = now;
    return total;
}

#ifdef BW_MLPERF_ENERGY
#define MODE "energy"
/* A falling edge marks the time for the energy monitor, which asks for a microsecond of low level. */
static void timestamp(void) {
    bw_platform_pin(0);
    const uint64_t begin = ticks();
    while (ticks() - begin <= bw_platform_hz() / 1000000U) {
    }
    bw_platform_pin(1);
}
#else
#define MODE "performance"
static void timestamp(void) {
    const uint64_t now = ticks();
    const uint32_t hz = bw_platform_hz();
    say_line("m-lap-us-", now / hz * 1000000U + now % hz * 1000000U / hz, "");
}
#endif

/* -- Commands -------------------------------------------------------------------------------------------------------
 */

#if BW_CORES > 1
void bw_core_main(void) {
    for (;;) {
        bw_barrier();
        bw_models[0]->run();
    }
}
#endif

static void results(void) {
    if (inferences == 0) {
        error("There has been no inference", "");
        return;
    }
    say("m-results-[");
    for (uint32_t i = 0; i < bw_mlperf_results; ++i) {
        const uint64_t value = bw_mlperf_result(i);
        const uint32_t fraction = (uint32_t)(value % 1000U);
        say(i == 0 ? "" : ",");
        say_number(value / 1000U);
        put('.');
        put((char)('0' + (int)(fraction / 100U)));
        put((char)('0' + (int)(fraction / 10U % 10U)));
        put((char)('0' + (int)(fraction % 10U)));
    }
    say("]\r\n");
}

/* Words at a time: a byte-wise memcpy would take percents of a small network's time. */
static void place(const uint8_t *from, uint32_t bytes) {
    uint8_t *to = bw_models[0]->input[0].data;
    const uint32_t flip = bw_mlperf_flip * 0x01010101U;
    uint32_t i = 0;
    for (; i + 4U <= bytes; i += 4U) {
        uint32_t word;
        memcpy(&word, from + i, sizeof word);
        word ^= flip;
        memcpy(to + i, &word, sizeof word);
    }
    for (; i < bytes; ++i) {
        to[i] = from[i] ^ bw_mlperf_flip;
    }
}

static void repeat(uint32_t count, const uint8_t *input) {
    for (; count > 0; --count) {
        place(input, bw_models[0]->input[0].bytes);
        bw_barrier();
        bw_models[0]->run();
        ++inferences;
        (void)ticks();
    }
}

static void infer(char *rest) {
    const char *word = next_word(&rest);
    const uint32_t count = word == NULL ? 1U : number(word);
    word = next_word(&rest);
    const uint32_t warmups = word == NULL ? 10U : number(word);
    if (count == 0 || count == NO_NUMBER) {
        error("Inference iterations must be >0", "");
    } else if (warmups == NO_NUMBER) {
        error("Inference warmup must be >=0", "");
    } else if (received != bw_mlperf_sample_bytes) {
        say("e-[The input has ");
        say_number(received);
        say_line(" bytes, expected ", bw_mlperf_sample_bytes, "]");
    } else {
        const uint8_t *input = bw_mlperf_prepare();
        say_line("m-warmup-start-", warmups, "");
        repeat(warmups, input);
        say("m-warmup-done\r\n");
        say_line("m-infer-start-", count, "");
        timestamp();
        repeat(count, input);
        timestamp();
        say("m-infer-done\r\n");
        results();
    }
}

static void load(const char *word) {
    const uint32_t bytes = number(word);
    expected = 0;
    received = 0;
    if (word == NULL) {
        error("Command 'db load' requires the # of bytes", "");
    } else if (bytes == 0 || bytes == NO_NUMBER) {
        error("Command 'db load' must be >0 bytes", "");
    } else if (bytes > bw_mlperf_sample_bytes) {
        say_line("e-[Supplied buffer size exceeds maximum of ", bw_mlperf_sample_bytes, "]");
    } else {
        expected = bytes;
        say_line("m-[Expecting ", bytes, " bytes]");
    }
}

/* Hexadecimal bytes; what exceeds the announced size is passed over. A wrong line is without effect: it can be sent
 * again. */
static void data(const char *digits) {
    if (received == expected) {
        error("Command 'db' has bytes, but no 'db load' expects any", "");
        return;
    }
    for (const char *pair = digits; *pair != '\0'; pair += 2) {
        const char both[] = {pair[0], pair[1], '\0'};
        if (pair[1] == '\0') {
            error("Insufficent number of hex digits", "");
            return;
        }
        if (hex_digit(pair[0]) > 15U || hex_digit(pair[1]) > 15U) {
            error("Invalid hex digits ", both);
            return;
        }
    }
    for (const char *pair = digits; *pair != '\0' && received < expected; pair += 2) {
        bw_mlperf_sample[received++] = (uint8_t)(hex_digit(pair[0]) << 4 | hex_digit(pair[1]));
    }
    if (received == expected) {
        say("m-load-done\r\n");
    }
}

static void print(void) {
    static const char digits[] = "0123456789abcdef";
    for (uint32_t i = 0; i < received; ++i) {
        say(i % LINE_BYTES == 0 ? "m-buffer-" : "-");
        put(digits[bw_mlperf_sample[i] >> 4]);
        put(digits[bw_mlperf_sample[i] & 15U]);
        if (i % LINE_BYTES == LINE_BYTES - 1U || i + 1U == received) {
            say("\r\n");
        }
    }
}

static void buffer(char *rest) {
    const char *word = next_word(&rest);
    if (word == NULL) {
        error("Command 'db' requires a subcommand", "");
    } else if (is(word, "load")) {
        load(next_word(&rest));
    } else if (is(word, "print")) {
        print();
    } else {
        data(word);
    }
}

static void help(void) {
    say(FIRMWARE "\r\n\r\n"
                 "name, profile  : the device; the protocol's version and the benchmark\r\n"
                 "timestamp      : mark the time\r\n"
                 "db load N      : expect a sample of N bytes\r\n"
                 "db HH[HH]*     : bytes of it\r\n"
                 "db print       : print what has come\r\n"
                 "infer [N=1 [W=10]]: infer W times, then N times between two timestamps\r\n"
                 "results        : print the result of the last inference\r\n");
}

static void execute(char *rest) {
    const char *word = next_word(&rest);
    if (word == NULL) {
        /* an empty command is one, too */
    } else if (is(word, "name")) {
        say("m-name-dut-[" VENDOR "]\r\n");
    } else if (is(word, "profile")) {
        say("m-profile-[" FIRMWARE "]\r\nm-model-[");
        say(bw_mlperf_model);
        say("]\r\n");
    } else if (is(word, "timestamp")) {
        timestamp();
    } else if (is(word, "db")) {
        buffer(rest);
    } else if (is(word, "infer")) {
        infer(rest);
    } else if (is(word, "results")) {
        results();
    } else if (is(word, "help")) {
        help();
    } else {
        error("Unknown command: ", word);
    }
}

int main(void) {
    char command[COMMAND_SIZE + 1U];
    uint32_t length = 0;
    bw_platform_init();
    say("m-timestamp-mode-" MODE "\r\n");
    timestamp();
    say("m-init-done\r\nm-ready\r\n");
    for (;;) {
        const char character = (char)bw_platform_get();
        if (character == TERMINATOR) {
            command[length < COMMAND_SIZE ? length : COMMAND_SIZE] = '\0';
            if (length > COMMAND_SIZE) {
                error("The command is too long", "");
            } else {
                execute(command);
            }
            say("m-ready\r\n");
            length = 0;
        } else if (character >= ' ' && character <= '~' && length <= COMMAND_SIZE) {
            if (length < COMMAND_SIZE) {
                command[length] = character;
            }
            ++length;
        }
    }
}
