/* QEMU TCG plugin: how often each guest instruction ran, jumped away and moved bytes, between visits of a marker.
 *
 *     -plugin libbw_counts.so,marker=ADDRESS,low=ADDRESS,high=ADDRESS,out=FILE
 *
 * FILE gets one segment per visit of the marker, and one for what follows the last; docs/profile.md has the format.
 * Distributions ship QEMU's plugin interface without its header: the prototypes here are the part of it that is the
 * same from QEMU 6 on, but for the version that a plugin has to name (BW_PLUGIN_API). One CPU is assumed.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef BW_PLUGIN_API
#define BW_PLUGIN_API 1
#endif
#define EXPORT __attribute__((visibility("default")))

/* QEMU's names, from its documentation of the plugin interface. */
typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { CB_NO_REGS = 0 };
enum { MEM_READ_AND_WRITE = 3 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           void (*callback)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*callback)(qemu_plugin_id_t, void *), void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, void (*callback)(unsigned, void *),
                                            int flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
                                      void (*callback)(unsigned, qemu_plugin_meminfo_t, uint64_t, void *), int flags,
                                      int which, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t info);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);

EXPORT int qemu_plugin_version = BW_PLUGIN_API;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

/* One instruction of the image; those outside its code share the last place. */
typedef struct {
    uint64_t address, following;
    uint64_t executed, jumped, loaded, stored;
} place;

static uint64_t marker, low, high;
static place *places;
static size_t place_count;
static size_t *visited; /* indices of the places that the segment has visited */
static size_t visited_count;
static place *last;
static FILE *output;

static void on_instruction(unsigned cpu, void *data) {
    (void)cpu;
    place *const now = data;
    if (last != NULL && last->following != now->address) {
        ++last->jumped;
    }
    if (now->executed++ == 0) {
        visited[visited_count++] = (size_t)(now - places);
    }
    last = now;
}

static void on_access(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
    (void)cpu;
    (void)address;
    place *const now = data;
    const uint64_t bytes = (uint64_t)1 << qemu_plugin_mem_size_shift(info);
    if (qemu_plugin_mem_is_store(info)) {
        now->stored += bytes;
    } else {
        now->loaded += bytes;
    }
}

/* Write what was counted since the last visit of the marker, and begin anew. */
static void end_segment(void) {
    fputs("segment\n", output);
    for (size_t i = 0; i < visited_count; ++i) {
        place *const seen = &places[visited[i]];
        fprintf(output, "%" PRIx64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", seen->address, seen->executed,
                seen->jumped, seen->loaded, seen->stored);
        seen->executed = seen->jumped = seen->loaded = seen->stored = 0;
    }
    visited_count = 0;
}

static void on_marker(unsigned cpu, void *data) {
    (void)cpu;
    (void)data;
    end_segment();
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    (void)id;
    const size_t count = qemu_plugin_tb_n_insns(block);
    for (size_t i = 0; i < count; ++i) {
        struct qemu_plugin_insn *const instruction = qemu_plugin_tb_get_insn(block, i);
        const uint64_t address = qemu_plugin_insn_vaddr(instruction);
        place *const here = &places[address >= low && address < high ? (address - low) / 2 : place_count - 1];
        here->address = address;
        here->following = address + qemu_plugin_insn_size(instruction);
        if (address == marker) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_marker, CB_NO_REGS, NULL);
        }
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_instruction, CB_NO_REGS, here);
        qemu_plugin_register_vcpu_mem_cb(instruction, on_access, CB_NO_REGS, MEM_READ_AND_WRITE, here);
    }
}

static void on_exit(qemu_plugin_id_t id, void *data) {
    (void)id;
    (void)data;
    end_segment();
    fclose(output);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; ++i) {
        const char *const value = strchr(argv[i], '=');
        if (value == NULL) {
            return 1;
        }
        if (strncmp(argv[i], "marker=", 7) == 0) {
            marker = strtoull(value + 1, NULL, 0);
        } else if (strncmp(argv[i], "low=", 4) == 0) {
            low = strtoull(value + 1, NULL, 0);
        } else if (strncmp(argv[i], "high=", 5) == 0) {
            high = strtoull(value + 1, NULL, 0);
        } else if (strncmp(argv[i], "out=", 4) == 0) {
            output = fopen(value + 1, "w");
        }
    }
    if (output == NULL || low >= high) {
        return 1;
    }
    place_count = (size_t)(high - low) / 2 + 2;
    places = calloc(place_count, sizeof *places);
    visited = calloc(place_count, sizeof *visited);
    if (places == NULL || visited == NULL) {
        return 1;
    }
    fputs("bitwright-counts 1\n", output);
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_exit, NULL);
    return 0;
}
