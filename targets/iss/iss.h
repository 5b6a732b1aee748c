/* An instruction-set simulator of RV32IMC with CORE-V XCV (CV32E40P) or XpulpV2 (RI5CY, GAP8).
 *
 * It executes programs instruction by instruction and counts them exactly; it has no model of time. Whatever a program
 * does that such a core would not (an unknown instruction, an address without memory, a misaligned access) stops the
 * simulation with a message that names the hart, the program counter and the instruction.
 */
#ifndef ISS_H
#define ISS_H

#include <stdbool.h>
#include <stdint.h>

enum { REGISTERS = 32, DISCARD = REGISTERS, LOOPS = 2, MOST_HARTS = 64 };

/* One decoded instruction. A destination x0 is DISCARD, so that x0 stays zero without a test. */
typedef struct {
    uint8_t op; /* of enum operation; OP_UNDECODED where nothing has been decoded yet */
    uint8_t length;
    uint8_t rd, rs1, rs2;
    int32_t immediate;
} instruction;

typedef struct {
    uint32_t origin, size;
    uint8_t *bytes;
} region;

typedef struct {
    uint32_t start, end, count; /* end: the address after the body; count 0: not running */
} hardware_loop;

typedef struct machine machine;

typedef struct {
    uint32_t x[REGISTERS + 1];
    uint32_t pc;
    hardware_loop loops[LOOPS];
    uint64_t retired; /* instructions so far */
    uint32_t id;
    bool waiting; /* at the barrier */
    machine *machine;
} hart;

typedef enum { ISA_XCV, ISA_XPULPV2 } isa;

struct machine {
    region rom, ram;      /* code is executed from rom, which cannot be written */
    instruction *decoded; /* one for every halfword of rom */
    isa isa;
    uint32_t harts, arrived; /* how many wait at the barrier */
    hart hart[MOST_HARTS];
    uint32_t udma_uart;      /* its registers' offset from PULP_PERIPHERALS; 0: there are none */
    struct profile *profile; /* NULL: nobody asked for counts */
};

/* compressed.c: the 32-bit word that a 16-bit instruction abbreviates; 0 where there is none. */
uint32_t expand_compressed(uint16_t half);

/* decode.c: fills `out`; false for an unknown word. */
bool decode(isa isa, uint32_t word, uint8_t length, instruction *out);

/* execute.c: runs a hart for at most `budget` instructions, or until it waits at the barrier. */
void execute(hart *hart, uint64_t budget);

/* memory.c */
void load_program(machine *machine, const char *path); /* an ELF file; sets every hart's pc */
uint32_t fetch(const hart *hart, uint32_t pc);
uint32_t load(hart *hart, uint32_t address, uint32_t bytes);
void store(hart *hart, uint32_t address, uint32_t bytes, uint32_t value);
_Noreturn void fault(const hart *hart, const char *what, uint32_t address);

/* uart.c: an NS16550 whose line is standard input and output, and the line itself. A program that asks twice in a row
 * whether a byte has come waits for one; waiting for a byte that never comes ends it. */
uint8_t uart_read(uint32_t offset);
void uart_write(uint32_t offset, uint8_t value);
void uart_flush(void);
bool line_has_byte(void);
uint8_t line_take(void);
void line_put(uint8_t byte);

/* pulp.c: what a PULP system has of peripherals at 0x1A100000, for the program's UART at `machine->udma_uart`. */
enum { PULP_PERIPHERALS = 0x1A100000, PULP_PERIPHERALS_SIZE = 0x10000, PULP_ICACHE = 0x1B201400 };
uint32_t pulp_read(hart *hart, uint32_t offset);
void pulp_write(hart *hart, uint32_t offset, uint32_t value);

/* profile.c: executions of every instruction between visits of a marker. */
struct profile *profile_new(const machine *machine, const char *options);
void profile_count(struct profile *profile, uint32_t pc, uint32_t next, const instruction *i);
void profile_write(const struct profile *profile);

#endif /* ISS_H */
