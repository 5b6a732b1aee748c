/* What every instruction does. */
#include <string.h>

#include "instructions.h"
#include "iss.h"
#include "lanes.h"

enum { MSTATUS = 0x300, MTVEC = 0x305, MCOUNTINHIBIT = 0x320, MSCRATCH = 0x340, MHARTID = 0xf14 };
enum { PCCR_CYCLES = 0x780, PCER = 0x7a0, PCMR = 0x7a1 }; /* RI5CY's counters: cycles, which events, whether at all */
enum { MCYCLE = 0xb00, MINSTRET = 0xb02, MCYCLEH = 0xb80, MINSTRETH = 0xb82, CYCLE = 0xc00, INSTRET = 0xc02 };

/* Counters count instructions: this simulator has no cycles. Other registers exist to be written at start-up. */
static uint32_t read_csr(const hart *hart, uint32_t number, uint64_t retired) {
    switch (number) {
    case MCYCLE:
    case MINSTRET:
    case CYCLE:
    case INSTRET:
    case PCCR_CYCLES:
        return (uint32_t)retired;
    case MCYCLEH:
    case MINSTRETH:
        return (uint32_t)(retired >> 32);
    case MHARTID:
        return hart->id;
    case MSTATUS:
    case MTVEC:
    case MCOUNTINHIBIT:
    case MSCRATCH:
    case PCER:
    case PCMR:
        return 0;
    default:
        fault(hart, "no control register", number);
    }
}

static uint32_t divide(uint32_t a, uint32_t b) {
    return b == 0 ? UINT32_MAX : a == 0x80000000U && b == UINT32_MAX ? a : (uint32_t)((int32_t)a / (int32_t)b);
}

static uint32_t remainder_of(uint32_t a, uint32_t b) {
    return b == 0 ? a : b == UINT32_MAX ? 0 : (uint32_t)((int32_t)a % (int32_t)b);
}

static const instruction *decode_at(hart *hart, instruction *into) {
    const uint32_t word = fetch(hart, hart->pc);
    const bool whole = (word & 3) == 3;
    const uint32_t expanded = whole ? word : expand_compressed((uint16_t)word);
    if (!decode(hart->machine->isa, expanded, whole ? 4 : 2, into)) {
        fault(hart, "unknown instruction", whole ? word : word & 0xffff);
    }
    return into;
}

static void start_loop(hart *hart, const instruction *i) {
    const hardware_loop loop = {hart->pc + 4, hart->pc + (uint32_t)i->immediate, hart->x[i->rs1]};
    if ((hart->pc & 3) != 0 || loop.end < loop.start + 12 || loop.count == 0) {
        fault(hart, "a hardware loop must be aligned, of three instructions or more and run once or more:", hart->pc);
    }
    hart->loops[i->rd] = loop;
}

/* Where the program goes on after the last instruction of a body; loop 0 is the inner one. */
static uint32_t after_body(hart *hart, uint32_t next) {
    for (int l = 0; l < LOOPS; ++l) {
        hardware_loop *loop = &hart->loops[l];
        if (loop->count != 0 && next == loop->end && --loop->count != 0) {
            return loop->start;
        }
    }
    return next;
}

/* Memory fast path: aligned and in RAM; everything else is memory.c's. */
static inline uint32_t get(hart *hart, uint32_t address, uint32_t bytes) {
    const region *ram = &hart->machine->ram;
    const uint32_t offset = address - ram->origin;
    if (offset < ram->size && (address & (bytes - 1)) == 0) {
        const uint8_t *p = ram->bytes + offset;
        return bytes == 1   ? p[0]
               : bytes == 2 ? p[0] | (uint32_t)p[1] << 8
                            : p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    }
    return load(hart, address, bytes);
}

#define A             (x[i->rs1])
#define B             (x[i->rs2])
#define D             (x[i->rd])
#define SIGNED(value) ((int32_t)(value))
#define BRANCH_IF(condition)                                                                                           \
    if (condition) {                                                                                                   \
        next = hart->pc + imm;                                                                                         \
    }                                                                                                                  \
    break
#define LOAD(address, bytes, type, step)                                                                               \
    {                                                                                                                  \
        const uint32_t from = (address);                                                                               \
        const uint32_t value = get(hart, from, bytes);                                                                 \
        step;                                                                                                          \
        D = (uint32_t)(int32_t)(type)value;                                                                            \
        break;                                                                                                         \
    }
#define STORE(address, bytes, step)                                                                                    \
    {                                                                                                                  \
        const uint32_t to = (address), value = B;                                                                      \
        step;                                                                                                          \
        store(hart, to, bytes, value);                                                                                 \
        break;                                                                                                         \
    }

void execute(hart *hart, uint64_t budget) {
    machine *machine = hart->machine;
    uint32_t *x = hart->x;
    for (uint64_t done = 0; done < budget && !hart->waiting; ++done) {
        const uint32_t place = (hart->pc - machine->rom.origin) >> 1;
        instruction *cached = place < machine->rom.size >> 1 ? &machine->decoded[place] : NULL;
        const instruction *i = cached;
        if (cached == NULL || cached->op == OP_UNDECODED) {
            i = decode_at(hart, cached);
        }
        const uint32_t imm = (uint32_t)i->immediate;
        uint32_t next = hart->pc + i->length;
        switch ((enum operation)i->op) {
        case OP_LUI:
            D = imm;
            break;
        case OP_AUIPC:
            D = hart->pc + imm;
            break;
        case OP_JAL:
            D = next;
            next = hart->pc + imm;
            break;
        case OP_JALR: {
            const uint32_t target = (A + imm) & ~1U;
            D = next;
            next = target;
            break;
        }
        case OP_BEQ:
            BRANCH_IF(A == B);
        case OP_BNE:
            BRANCH_IF(A != B);
        case OP_BLT:
            BRANCH_IF(SIGNED(A) < SIGNED(B));
        case OP_BGE:
            BRANCH_IF(SIGNED(A) >= SIGNED(B));
        case OP_BLTU:
            BRANCH_IF(A < B);
        case OP_BGEU:
            BRANCH_IF(A >= B);
        case OP_LB:
            LOAD(A + imm, 1, int8_t, )
        case OP_LH:
            LOAD(A + imm, 2, int16_t, )
        case OP_LW:
            LOAD(A + imm, 4, uint32_t, )
        case OP_LBU:
            LOAD(A + imm, 1, uint8_t, )
        case OP_LHU:
            LOAD(A + imm, 2, uint16_t, )
        case OP_SB:
            STORE(A + imm, 1, )
        case OP_SH:
            STORE(A + imm, 2, )
        case OP_SW:
            STORE(A + imm, 4, )
        case OP_ADDI:
            D = A + imm;
            break;
        case OP_SLTI:
            D = SIGNED(A) < SIGNED(imm);
            break;
        case OP_SLTIU:
            D = A < imm;
            break;
        case OP_XORI:
            D = A ^ imm;
            break;
        case OP_ORI:
            D = A | imm;
            break;
        case OP_ANDI:
            D = A & imm;
            break;
        case OP_SLLI:
            D = A << imm;
            break;
        case OP_SRLI:
            D = A >> imm;
            break;
        case OP_SRAI:
            D = (uint32_t)(SIGNED(A) >> imm);
            break;
        case OP_ADD:
            D = A + B;
            break;
        case OP_SUB:
            D = A - B;
            break;
        case OP_SLL:
            D = A << (B & 31);
            break;
        case OP_SLT:
            D = SIGNED(A) < SIGNED(B);
            break;
        case OP_SLTU:
            D = A < B;
            break;
        case OP_XOR:
            D = A ^ B;
            break;
        case OP_SRL:
            D = A >> (B & 31);
            break;
        case OP_SRA:
            D = (uint32_t)(SIGNED(A) >> (B & 31));
            break;
        case OP_OR:
            D = A | B;
            break;
        case OP_AND:
            D = A & B;
            break;
        case OP_MUL:
            D = A * B;
            break;
        case OP_MULH:
            D = (uint32_t)((uint64_t)((int64_t)SIGNED(A) * SIGNED(B)) >> 32);
            break;
        case OP_MULHSU:
            D = (uint32_t)((uint64_t)((int64_t)SIGNED(A) * (int64_t)(uint64_t)B) >> 32);
            break;
        case OP_MULHU:
            D = (uint32_t)((uint64_t)A * B >> 32);
            break;
        case OP_DIV:
            D = divide(A, B);
            break;
        case OP_DIVU:
            D = B == 0 ? UINT32_MAX : A / B;
            break;
        case OP_REM:
            D = remainder_of(A, B);
            break;
        case OP_REMU:
            D = B == 0 ? A : A % B;
            break;
        case OP_FENCE:
            break;
        case OP_CSRRW:
        case OP_CSRRS:
        case OP_CSRRC:
            D = read_csr(hart, imm & 0xfff, hart->retired);
            break;
        case OP_LB_POST:
            LOAD(A, 1, int8_t, A += imm)
        case OP_LH_POST:
            LOAD(A, 2, int16_t, A += imm)
        case OP_LW_POST:
            LOAD(A, 4, uint32_t, A += imm)
        case OP_LBU_POST:
            LOAD(A, 1, uint8_t, A += imm)
        case OP_LHU_POST:
            LOAD(A, 2, uint16_t, A += imm)
        case OP_SB_POST:
            STORE(A, 1, A += imm)
        case OP_SH_POST:
            STORE(A, 2, A += imm)
        case OP_SW_POST:
            STORE(A, 4, A += imm)
        case OP_LB_STRIDE:
            LOAD(A, 1, int8_t, A += B)
        case OP_LH_STRIDE:
            LOAD(A, 2, int16_t, A += B)
        case OP_LW_STRIDE:
            LOAD(A, 4, uint32_t, A += B)
        case OP_LBU_STRIDE:
            LOAD(A, 1, uint8_t, A += B)
        case OP_LHU_STRIDE:
            LOAD(A, 2, uint16_t, A += B)
        case OP_SB_STRIDE:
            STORE(A, 1, A += D)
        case OP_SH_STRIDE:
            STORE(A, 2, A += D)
        case OP_SW_STRIDE:
            STORE(A, 4, A += D)
        case OP_MAC:
            D += A * B;
            break;
        case OP_MSU:
            D -= A * B;
            break;
        case OP_MIN:
            D = SIGNED(A) < SIGNED(B) ? A : B;
            break;
        case OP_MAX:
            D = SIGNED(A) > SIGNED(B) ? A : B;
            break;
        case OP_CLIP:
            D = clip(A, imm);
            break;
        case OP_CLIPU:
            D = clip_unsigned(A, imm);
            break;
        case OP_ADDNR:
            D = (uint32_t)(SIGNED(D + A) >> (B & 31));
            break;
        case OP_ADDRNR:
            D = (uint32_t)(SIGNED(D + A + ((1U << (B & 31)) >> 1)) >> (B & 31));
            break;
        case OP_SDOTUP_H:
            D += dot_h(A, B, false, false);
            break;
        case OP_SDOTUP_B:
            D += dot_b(A, B, false, false);
            break;
        case OP_SDOTUSP_H:
            D += dot_h(A, B, false, true);
            break;
        case OP_SDOTUSP_B:
            D += dot_b(A, B, false, true);
            break;
        case OP_SDOTSP_H:
            D += dot_h(A, B, true, true);
            break;
        case OP_SDOTSP_B:
            D += dot_b(A, B, true, true);
            break;
        case OP_SHUFFLE2_B:
            D = shuffle2_b(D, A, B);
            break;
        case OP_PACK_LOW:
            D = A << 16 | (B & 0xffff);
            break;
        case OP_PACKLO_B:
            D = (D & 0xffff0000U) | (A & 0xff) << 8 | (B & 0xff);
            break;
        case OP_PACKHI_B:
            D = (D & 0xffffU) | A << 24 | (B & 0xff) << 16;
            break;
        case OP_MIN_B:
            D = extreme_b(A, B, false);
            break;
        case OP_MAX_B:
            D = extreme_b(A, B, true);
            break;
        case OP_LOOP_SETUP:
            start_loop(hart, i);
            break;
        case OP_UNDECODED:
            break;
        }
        ++hart->retired;
        if (hart->loops[0].count | hart->loops[1].count) {
            next = after_body(hart, next);
        }
        if (machine->profile != NULL) {
            profile_count(machine->profile, hart->pc, next, i);
        }
        hart->pc = next;
    }
}
