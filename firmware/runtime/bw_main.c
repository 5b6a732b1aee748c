/* The test firmware: answers the link, runs models layer by layer. docs/link.md describes the protocol. */
#include <stddef.h>
#include <string.h>

#include "bw_frame.h"
#include "bw_model.h"
#include "bw_platform.h"
#include "bw_trace.h"

#define VERSION       4
#define NO_POINT      0xFFFFU
#define STACK_WINDOW  16384U
#define STACK_PATTERN 0xA5C35A3CU

enum { HELLO = 1, RESET, INPUT, RUN, POINTS, OUTPUT, COUNT_LOOP, READ, CONTINUE };
enum { OK = 0, PAUSED, BAD_REQUEST, DAMAGED, STALE };

static uint8_t request[BW_FRAME_BODY + 4];
static uint8_t reply[BW_FRAME_BODY + 4];
static uint32_t reply_bytes;

/* Requests have numbers that no two requests share, of whatever host; 0 is none of them. The number of the one that
 * `reply` answers, of the one that the models' state comes from, and of the run whose results are at hand. A board that
 * restarts has none of them, so that nothing built on what was lost passes for what the host meant. */
static uint32_t answered, state_from, results_of;
static int32_t waiting; /* length of a request that came while a run paused, and ended it */

/* The run under way: where it pauses, and for each core the counter when the last hook left, and the ticks from there
 * to the present hook. */
static uint16_t pause_point = NO_POINT;
static uint32_t last_ticks[BW_CORES];
static uint32_t spent_ticks[BW_CORES];
static uint32_t hook_count; /* what an empty layer would measure */

static uint16_t get16(const uint8_t *from) { return (uint16_t)(from[0] | from[1] << 8); }
static uint32_t get32(const uint8_t *from) { return (uint32_t)get16(from) | (uint32_t)get16(from + 2) << 16; }

static void put8(uint32_t value) { reply[reply_bytes++] = (uint8_t)value; }
static void put16(uint32_t value) {
    put8(value);
    put8(value >> 8);
}
static void put32(uint32_t value) {
    put16(value);
    put16(value >> 16);
}
static void put_bytes(const void *data, uint32_t bytes) {
    memcpy(reply + reply_bytes, data, bytes);
    reply_bytes += bytes;
}

/* Requests: number (lowest byte), command, model, number (other bytes), arguments. */
enum { COMMAND = 1, MODEL = 2, ARGUMENTS = 6 };
enum { STATUS = 1, RESULT = 5 };

static uint32_t number(void) { return request[0] | (get32(request + 2) & 0xFFFFFF00U); }

static void begin_reply(uint32_t to, uint8_t status) {
    reply_bytes = 0;
    put8(to);
    put8(status);
    put8(to >> 8);
    put16(to >> 16);
}

/* Next request that is not a repetition; repeated ones get the last reply again, damaged ones are reported. */
static int32_t next_request(void) {
    for (;;) {
        const int32_t length = bw_frame_receive(request);
        if (length < ARGUMENTS) {
            uint8_t damaged[RESULT + 4] = {0, DAMAGED};
            bw_frame_send(damaged, RESULT);
        } else if (answered != 0 && number() == answered) {
            bw_frame_send(reply, reply_bytes);
        } else {
            answered = number();
            begin_reply(answered, OK);
            return length;
        }
    }
}

/* Send part of a buffer: offset and length come from the request. */
static void put_part(const void *data, uint32_t bytes, uint32_t offset, uint32_t length) {
    if (offset > bytes || length > bytes - offset || length > BW_CHUNK) {
        reply[STATUS] = BAD_REQUEST;
        return;
    }
    put_bytes((const uint8_t *)data + offset, length);
}

/* Serve the tensor of the point at which a run pauses until the host lets it go on. A request that is not about this
 * pause, as of a host that knows nothing of it, ends it: the run goes on without results, the request waits. */
static void pause_run(const void *data, uint32_t bytes) {
    reply[STATUS] = PAUSED;
    put32(bytes);
    bw_frame_send(reply, reply_bytes);
    for (;;) {
        const int32_t length = next_request();
        const uint8_t command = request[COMMAND];
        if ((command != READ && command != CONTINUE) || length < ARGUMENTS + 4) {
            waiting = length;
            pause_point = NO_POINT;
            return;
        }
        if (get32(request + ARGUMENTS) != results_of) {
            reply[STATUS] = STALE;
        } else if (command == CONTINUE) {
            return; /* answered when the run has ended */
        } else if (length >= ARGUMENTS + 12) {
            put_part(data, bytes, get32(request + ARGUMENTS + 4), get32(request + ARGUMENTS + 8));
        } else {
            reply[STATUS] = BAD_REQUEST;
        }
        bw_frame_send(reply, reply_bytes);
    }
}

/* Ticks in the unit of the platform, rounded: a difference of two readings is off by less than a tick. */
static uint32_t counted(uint32_t ticks) {
    const uint32_t denominator = bw_platform_denominator;
    if (denominator == 0) {
        return 0; /* nothing is counted */
    }
    return (uint32_t)(((uint64_t)ticks * bw_platform_numerator + denominator / 2U) / denominator);
}

/* A tensor may come in parts, in order: checksum and counts go on. */
static void record(uint16_t point, const void *data, uint32_t bytes) {
    bw_point *const at = &bw_points[point];
    uint32_t longest = 0;
    for (int32_t core = 0; core < BW_CORES; ++core) {
        const uint32_t spent = counted(spent_ticks[core]);
        longest = spent > longest ? spent : longest;
        at->all_cores += spent;
    }
    at->crc = bw_crc32(at->crc, data, bytes);
    at->count += longest;
    at->parts += 1;
    if (point == pause_point) {
        pause_run(data, bytes);
    }
}

/* Every core comes here; the first one records while the others wait. */
void bw_trace(uint16_t point, const void *data, uint32_t bytes) {
    const uint32_t now = bw_platform_ticks();
    const int32_t core = bw_core_id();
    spent_ticks[core] = now - last_ticks[core];
    bw_barrier();
    if (core == 0) {
        record(point, data, bytes);
    }
    bw_barrier();
    last_ticks[core] = bw_platform_ticks();
}

#if BW_CORES > 1
static void (*volatile called)(void);

void bw_core_main(void) {
    for (;;) {
        bw_barrier();
        last_ticks[bw_core_id()] = bw_platform_ticks();
        called();
    }
}
#endif

/* The other cores call a function, too. They come back to wait for the next one by themselves. */
static inline void call_cores(void (*function)(void)) {
#if BW_CORES > 1
    called = function;
    bw_barrier();
#else
    (void)function;
#endif
}

/* Measure the hook itself: two hooks with nothing between them. */
static void hooks(void) {
    bw_trace(0, reply, 0);
    bw_trace(0, reply, 0);
    const uint32_t before = bw_points[0].count;
    bw_trace(0, reply, 0);
    hook_count = bw_points[0].count - before;
}

/* Run a model on a painted stack: the words that lost their paint are what it used, itself included. Painting happens
 * here and not in a function of its own, whose frame would lie in the painted words. */
static void run_model(const bw_model *model, uint16_t point) {
    uint32_t *const top = bw_platform_stack_pointer();
    uint32_t *const limit = bw_platform_stack_limit();
    uint32_t *lowest = top;
    if (top != NULL) {
        lowest = (uintptr_t)top - (uintptr_t)limit > STACK_WINDOW ? top - STACK_WINDOW / 4U : limit;
        for (volatile uint32_t *word = lowest; word < top; ++word) {
            *word = STACK_PATTERN;
        }
    }
    pause_point = point;
    memset(bw_points, 0, model->points * sizeof bw_points[0]);
    call_cores(model->run);
    last_ticks[0] = bw_platform_ticks();
    model->run();
    pause_point = NO_POINT;
    if (waiting != 0) { /* nobody waits for this run's answer any more */
        state_from = results_of = 0;
        begin_reply(answered, OK); /* to the request that waits */
        return;
    }
    const volatile uint32_t *word = lowest;
    while (word < top && *word == STACK_PATTERN) {
        ++word;
    }
    begin_reply(answered, OK);
    put32(top == NULL ? UINT32_MAX : (uint32_t)((uintptr_t)top - (uintptr_t)word));
}

static uint32_t inputs_crc(const bw_model *model) {
    uint32_t crc = 0;
    for (uint16_t i = 0; i < model->inputs; ++i) {
        crc = bw_crc32(crc, model->input[i].data, model->input[i].bytes);
    }
    return crc;
}

static void hello(const bw_model *model) {
    put8(VERSION);
    put8(bw_model_count);
    put16(BW_CHUNK);
    put16(model->inputs);
    put16(model->outputs);
    put16(model->points);
    put32(bw_platform_numerator);
    put32(bw_platform_denominator);
    put32(hook_count);
    put_bytes(model->build_id, sizeof model->build_id);
    put8(BW_CORES);
    put8(bw_platform_unit);
}

/* Ticks of a loop of 3 * n instructions and of what surrounds it, the same for every n. */
static __attribute__((noinline)) uint32_t time_loop(uint32_t n) {
    const uint32_t begin = bw_platform_ticks();
    bw_platform_loop(n);
    return bw_platform_ticks() - begin;
}

/* A run that starts from the state, and on the inputs, that the host means. */
static void serve_run(const bw_model *model, const uint8_t *arguments) {
    if (state_from != get32(arguments + 2) || inputs_crc(model) != get32(arguments + 6)) {
        reply[STATUS] = STALE;
        return;
    }
    state_from = results_of = answered;
    run_model(model, get16(arguments));
}

static int holds_results_of(uint32_t run) {
    if (run != results_of) {
        reply[STATUS] = STALE;
    }
    return run == results_of;
}

static void serve(const bw_model *model, uint32_t bytes) {
    const uint8_t *const at = request + ARGUMENTS;
    switch (request[COMMAND]) {
    case HELLO:
        hello(model);
        return;
    case RESET:
        if (model->reset != NULL) {
            model->reset();
        }
        state_from = answered;
        return;
    case INPUT:
        if (bytes >= 5 && at[0] < model->inputs) {
            const bw_buffer *input = &model->input[at[0]];
            const uint32_t offset = get32(at + 1);
            if (offset <= input->bytes && bytes - 5U <= input->bytes - offset) {
                results_of = 0; /* outputs may lie where inputs do */
                memcpy((uint8_t *)input->data + offset, at + 5, bytes - 5U);
                return;
            }
        }
        break;
    case RUN:
        if (bytes >= 10) {
            serve_run(model, at);
            return;
        }
        break;
    case POINTS:
        if (bytes >= 12) {
            if (holds_results_of(get32(at))) {
                put_part(bw_points, (uint32_t)model->points * (uint32_t)sizeof bw_points[0], get32(at + 4),
                         get32(at + 8));
            }
            return;
        }
        break;
    case OUTPUT:
        if (bytes >= 13 && at[0] < model->outputs) {
            if (holds_results_of(get32(at + 1))) {
                const bw_buffer *output = &model->output[at[0]];
                put_part(output->data, output->bytes, get32(at + 5), get32(at + 9));
            }
            return;
        }
        break;
    case COUNT_LOOP:
        if (bytes >= 4) {
            put32(time_loop(get32(at)));
            put32(time_loop(1));
            return;
        }
        break;
    case READ:
    case CONTINUE: /* of a pause that is over */
        reply[STATUS] = STALE;
        return;
    default:
        break;
    }
    reply[STATUS] = BAD_REQUEST;
}

int main(void) {
    bw_platform_init();
    call_cores(hooks);
    hooks();
    for (;;) {
        const int32_t length = waiting != 0 ? waiting : next_request();
        waiting = 0;
        if (request[MODEL] < bw_model_count) {
            serve(bw_models[request[MODEL]], (uint32_t)length - ARGUMENTS);
        } else {
            reply[STATUS] = BAD_REQUEST;
        }
        if (waiting == 0) {
            bw_frame_send(reply, reply_bytes);
        }
    }
}
