/* Executions of every instruction, in the text format that docs/profile.md describes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instructions.h"
#include "iss.h"

typedef struct {
    uint64_t executed, jumped, loaded, stored;
} counts;

struct profile {
    FILE *file;
    uint32_t marker, origin, places;
    counts *at;
};

struct profile *profile_new(const machine *machine, const char *options) {
    struct profile *profile = calloc(1, sizeof *profile);
    char path[4096] = "";
    if (profile == NULL || sscanf(options, "%" SCNu32 ",%4095s", &profile->marker, path) != 2 ||
        (profile->file = fopen(path, "w")) == NULL) {
        fprintf(stderr, "iss: --counts takes the marker's address and a file that can be written: MARKER,FILE\n");
        exit(EXIT_FAILURE);
    }
    profile->origin = machine->rom.origin;
    profile->places = machine->rom.size / 2;
    profile->at = calloc(profile->places, sizeof *profile->at);
    fprintf(profile->file, "bitwright-counts 1\n");
    return profile;
}

static uint32_t loaded_bytes(uint8_t op) {
    switch ((enum operation)op) {
    case OP_LB:
    case OP_LBU:
    case OP_LB_POST:
    case OP_LBU_POST:
    case OP_LB_STRIDE:
    case OP_LBU_STRIDE:
        return 1;
    case OP_LH:
    case OP_LHU:
    case OP_LH_POST:
    case OP_LHU_POST:
    case OP_LH_STRIDE:
    case OP_LHU_STRIDE:
        return 2;
    case OP_LW:
    case OP_LW_POST:
    case OP_LW_STRIDE:
        return 4;
    default:
        return 0;
    }
}

static uint32_t stored_bytes(uint8_t op) {
    switch ((enum operation)op) {
    case OP_SB:
    case OP_SB_POST:
    case OP_SB_STRIDE:
        return 1;
    case OP_SH:
    case OP_SH_POST:
    case OP_SH_STRIDE:
        return 2;
    case OP_SW:
    case OP_SW_POST:
    case OP_SW_STRIDE:
        return 4;
    default:
        return 0;
    }
}

/* A segment ends before the marker is entered. */
void profile_count(struct profile *profile, uint32_t pc, uint32_t next, const instruction *i) {
    if (pc == profile->marker) {
        profile_write(profile);
    }
    counts *at = &profile->at[(pc - profile->origin) / 2];
    ++at->executed;
    at->jumped += next != pc + i->length;
    at->loaded += loaded_bytes(i->op);
    at->stored += stored_bytes(i->op);
}

void profile_write(const struct profile *profile) {
    fprintf(profile->file, "segment\n");
    for (uint32_t place = 0; place < profile->places; ++place) {
        const counts *at = &profile->at[place];
        if (at->executed != 0) {
            fprintf(profile->file, "%" PRIx32 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
                    profile->origin + 2 * place, at->executed, at->jumped, at->loaded, at->stored);
        }
    }
    memset(profile->at, 0, profile->places * sizeof *profile->at);
    fflush(profile->file);
}
