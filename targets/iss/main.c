/* Command line, and the harts in turn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iss.h"

enum { TURN = 64 }; /* instructions of a hart before the next one's turn */

static const char usage[] =
    "usage: iss --rom ORIGIN:SIZE --ram ORIGIN:SIZE [--isa xcv|xpulpv2] [--harts N] [--udma-uart OFFSET]\n"
    "           [--counts MARKER,FILE] ELF\n"
    "The program's UART is standard input and output.\n";

static _Noreturn void complain(void) {
    fputs(usage, stderr);
    exit(EXIT_FAILURE);
}

static region make_region(const char *text) {
    char *rest;
    region made = {(uint32_t)strtoul(text, &rest, 0), 0, NULL};
    if (*rest == ':') {
        made.size = (uint32_t)strtoul(rest + 1, NULL, 0);
        made.bytes = calloc(made.size, 1);
    }
    if (made.size < 4 || made.bytes == NULL) {
        complain();
    }
    return made;
}

/* Harts take turns of fixed length, so that every run is the same; the barrier opens when all have come. */
static _Noreturn void run(machine *machine) {
    for (;;) {
        for (uint32_t i = 0; i < machine->harts; ++i) {
            execute(&machine->hart[i], machine->harts == 1 ? UINT64_MAX : TURN);
        }
        if (machine->arrived == machine->harts) {
            machine->arrived = 0;
            for (uint32_t i = 0; i < machine->harts; ++i) {
                machine->hart[i].waiting = false;
            }
        }
    }
}

static machine the_machine;

int main(int argc, char **argv) {
    machine *machine = &the_machine;
    const char *program = NULL, *counts = NULL;
    machine->harts = 1;
    for (int i = 1; i < argc; ++i) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strncmp(argv[i], "--", 2) != 0) {
            program = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--version") == 0) {
            puts("Bitwright instruction-set simulator: RV32IMC, XCV, XpulpV2");
            return EXIT_SUCCESS;
        } else if (strcmp(argv[i], "--rom") == 0) {
            machine->rom = make_region(value);
        } else if (strcmp(argv[i], "--ram") == 0) {
            machine->ram = make_region(value);
        } else if (strcmp(argv[i], "--isa") == 0) {
            machine->isa = strcmp(value, "xpulpv2") == 0 ? ISA_XPULPV2 : ISA_XCV;
        } else if (strcmp(argv[i], "--harts") == 0) {
            machine->harts = (uint32_t)strtoul(value, NULL, 10);
        } else if (strcmp(argv[i], "--udma-uart") == 0) {
            machine->udma_uart = (uint32_t)strtoul(value, NULL, 0);
        } else if (strcmp(argv[i], "--counts") == 0) {
            counts = value;
        } else {
            complain();
        }
        ++i;
    }
    if (program == NULL || machine->rom.bytes == NULL || machine->ram.bytes == NULL || machine->harts < 1 ||
        machine->harts > MOST_HARTS) {
        complain();
    }
    machine->decoded = calloc(machine->rom.size / 2, sizeof *machine->decoded);
    if (machine->decoded == NULL) {
        complain();
    }
    for (uint32_t i = 0; i < machine->harts; ++i) {
        machine->hart[i].id = i;
        machine->hart[i].machine = machine;
    }
    if (counts != NULL) {
        machine->profile = profile_new(machine, counts);
    }
    load_program(machine, program);
    run(machine);
}
