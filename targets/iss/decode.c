/* From a 32-bit word to an operation with its operands, by the tables of instructions.h. */
#include <stddef.h>

#include "instructions.h"
#include "iss.h"

typedef enum { R, I, S, B, U, J, U5, LOAD_POST, STORE_POST, LOAD_STRIDE, STORE_STRIDE, LOOP, LOOP_LAST } format;

typedef struct {
    uint32_t match, mask;
    enum operation op;
    format format;
} encoding;

#define ENCODING(name, match, mask, format) {match, mask, OP_##name, format},
static const encoding base[] = {BASE(ENCODING)};
static const encoding xcv[] = {XCV(ENCODING)};
static const encoding xpulpv2[] = {XPULPV2(ENCODING)};
#undef ENCODING

/* Bits [high:low] of a word, sign-extended in place. */
static int32_t field(uint32_t word, int high, int low) { return (int32_t)(word << (31 - high)) >> (31 - high + low); }

static uint32_t bits(uint32_t word, int high, int low) { return word << (31 - high) >> (31 - high + low); }

static int32_t immediate(format format, uint32_t word) {
    const int32_t sign = field(word, 31, 31);
    switch (format) {
    case I:
    case LOAD_POST:
        return field(word, 31, 20);
    case S:
    case STORE_POST:
        return (int32_t)((uint32_t)field(word, 31, 25) << 5 | bits(word, 11, 7));
    case B:
        return (int32_t)((uint32_t)sign << 12 | bits(word, 7, 7) << 11 | bits(word, 30, 25) << 5 |
                         bits(word, 11, 8) << 1);
    case U:
        return (int32_t)(word & 0xfffff000U);
    case J:
        return (int32_t)((uint32_t)sign << 20 | bits(word, 19, 12) << 12 | bits(word, 20, 20) << 11 |
                         bits(word, 30, 21) << 1);
    case U5:
        return (int32_t)bits(word, 24, 20);
    case LOOP: /* words from the instruction to the one after the body */
        return (int32_t)(4 * bits(word, 31, 20));
    case LOOP_LAST: /* halfwords to the last instruction of the body, which is four bytes long */
        return (int32_t)(2 * bits(word, 31, 20) + 4);
    default:
        return 0;
    }
}

static const encoding *find(const encoding *table, size_t count, uint32_t word) {
    for (size_t i = 0; i < count; ++i) {
        if ((word & table[i].mask) == table[i].match) {
            return &table[i];
        }
    }
    return NULL;
}

#define FIND(table, word) find(table, sizeof table / sizeof *(table), word)

bool decode(isa isa, uint32_t word, uint8_t length, instruction *out) {
    const encoding *found = FIND(base, word);
    if (found == NULL) {
        found = isa == ISA_XCV ? FIND(xcv, word) : FIND(xpulpv2, word);
    }
    if (found == NULL) {
        return false;
    }
    const uint8_t rd = (uint8_t)bits(word, 11, 7), rs1 = (uint8_t)bits(word, 19, 15);
    const bool loop = found->format == LOOP || found->format == LOOP_LAST, stride = found->format == STORE_STRIDE;
    if (rs1 == 0 && found->format >= LOAD_POST && found->format <= STORE_STRIDE) {
        return false; /* x0 cannot move on */
    }
    out->op = (uint8_t)found->op;
    out->length = length;
    out->rd = loop ? rd & 1 : stride || rd != 0 ? rd : DISCARD;
    out->rs1 = rs1;
    out->rs2 = (uint8_t)bits(word, 24, 20);
    out->immediate = immediate(found->format, word);
    return true;
}
