/* Memory regions, devices, and the program that is loaded into them. */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iss.h"

enum { UART = 0x10000000, UART_SIZE = 8, BARRIER = 0x10001000 };

_Noreturn void fault(const hart *hart, const char *what, uint32_t address) {
    uart_flush();
    const region *rom = &hart->machine->rom;
    uint32_t word = 0;
    if (hart->pc - rom->origin < rom->size - 3) {
        memcpy(&word, rom->bytes + (hart->pc - rom->origin), sizeof word);
    }
    fprintf(stderr, "iss: %s 0x%08x at pc 0x%08x, instruction %08x, hart %u\n", what, address, hart->pc, word,
            hart->id);
    exit(EXIT_FAILURE);
}

uint32_t fetch(const hart *hart, uint32_t pc) {
    const region *rom = &hart->machine->rom;
    const uint32_t offset = pc - rom->origin;
    if (offset >= rom->size - 3 || (pc & 1) != 0) {
        fault(hart, "no code at", pc);
    }
    uint32_t word;
    memcpy(&word, rom->bytes + offset, sizeof word);
    return word;
}

static uint8_t *place(const region *region, uint32_t address, uint32_t bytes) {
    const uint32_t offset = address - region->origin;
    return offset < region->size && region->size - offset >= bytes ? region->bytes + offset : NULL;
}

/* Little-endian on every host. */
static uint32_t value_at(const uint8_t *from, uint32_t bytes) {
    uint32_t value = 0;
    for (uint32_t i = bytes; i > 0; --i) {
        value = value << 8 | from[i - 1];
    }
    return value;
}

uint32_t load(hart *hart, uint32_t address, uint32_t bytes) {
    const machine *machine = hart->machine;
    if ((address & (bytes - 1)) != 0) {
        fault(hart, "misaligned load from", address);
    }
    const uint8_t *from = place(&machine->ram, address, bytes);
    from = from != NULL ? from : place(&machine->rom, address, bytes);
    if (from != NULL) {
        return value_at(from, bytes);
    }
    if (address - UART < UART_SIZE && bytes == 1) {
        return uart_read(address - UART);
    }
    if (machine->udma_uart != 0 && address - PULP_PERIPHERALS < PULP_PERIPHERALS_SIZE && bytes == 4) {
        return pulp_read(hart, address - PULP_PERIPHERALS);
    }
    fault(hart, "load from an address without memory,", address);
}

void store(hart *hart, uint32_t address, uint32_t bytes, uint32_t value) {
    machine *machine = hart->machine;
    if ((address & (bytes - 1)) != 0) {
        fault(hart, "misaligned store to", address);
    }
    uint8_t *to = place(&machine->ram, address, bytes);
    if (to != NULL) {
        for (uint32_t i = 0; i < bytes; ++i) {
            to[i] = (uint8_t)(value >> 8 * i);
        }
    } else if (address - UART < UART_SIZE && bytes == 1) {
        uart_write(address - UART, (uint8_t)value);
    } else if (machine->udma_uart != 0 && address - PULP_PERIPHERALS < PULP_PERIPHERALS_SIZE && bytes == 4) {
        pulp_write(hart, address - PULP_PERIPHERALS, value);
    } else if (machine->udma_uart != 0 && address == PULP_ICACHE) {
        /* there is no time that it could save */
    } else if (address == BARRIER && bytes == 4) {
        hart->waiting = true;
        ++machine->arrived;
    } else {
        fault(hart, "store to an address that cannot be written,", address);
    }
}

static _Noreturn void refuse(const char *path, const char *why) {
    fprintf(stderr, "iss: %s: %s\n", path, why);
    exit(EXIT_FAILURE);
}

static void read_at(FILE *file, const char *path, long offset, void *into, size_t size) {
    if (fseek(file, offset, SEEK_SET) != 0 || fread(into, 1, size, file) != size) {
        refuse(path, "shorter than its headers say");
    }
}

void load_program(machine *machine, const char *path) {
    FILE *file = fopen(path, "rb");
    Elf32_Ehdr header;
    if (file == NULL) {
        refuse(path, "cannot be read");
    }
    read_at(file, path, 0, &header, sizeof header);
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_machine != EM_RISCV ||
        header.e_ident[EI_CLASS] != ELFCLASS32) {
        refuse(path, "no ELF file for RV32");
    }
    for (uint32_t i = 0; i < header.e_phnum; ++i) {
        Elf32_Phdr part;
        read_at(file, path, (long)(header.e_phoff + i * header.e_phentsize), &part, sizeof part);
        if (part.p_type != PT_LOAD || part.p_filesz == 0) {
            continue;
        }
        uint8_t *to = place(&machine->rom, part.p_paddr, part.p_filesz);
        to = to != NULL ? to : place(&machine->ram, part.p_paddr, part.p_filesz);
        if (to == NULL) {
            refuse(path, "a segment lies outside memory");
        }
        read_at(file, path, (long)part.p_offset, to, part.p_filesz);
    }
    fclose(file);
    for (uint32_t i = 0; i < machine->harts; ++i) {
        machine->hart[i].pc = header.e_entry;
    }
}
