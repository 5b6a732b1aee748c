/* The C extension of RV32: every 16-bit instruction is one 32-bit instruction, abbreviated. */
#include "iss.h"

enum { ZERO, RA, SP };
enum { LOAD = 0x03, IMMEDIATE = 0x13, STORE = 0x23, REGISTER = 0x33, LUI = 0x37, BRANCH = 0x63, JALR = 0x67 };

static uint32_t bits(uint32_t half, int high, int low) { return half << (31 - high) >> (31 - high + low); }

/* A value of `width` bits, sign-extended. */
static int32_t extend(uint32_t value, int width) { return (int32_t)(value << (32 - width)) >> (32 - width); }

static uint32_t i_type(uint32_t opcode, uint32_t funct3, uint32_t rd, uint32_t rs1, int32_t immediate) {
    return opcode | rd << 7 | funct3 << 12 | rs1 << 15 | (uint32_t)immediate << 20;
}

static uint32_t r_type(uint32_t funct3, uint32_t funct7, uint32_t rd, uint32_t rs1, uint32_t rs2) {
    return REGISTER | rd << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | funct7 << 25;
}

static uint32_t store_word(uint32_t rs1, uint32_t rs2, uint32_t offset) {
    return STORE | bits(offset, 4, 0) << 7 | 2U << 12 | rs1 << 15 | rs2 << 20 | bits(offset, 11, 5) << 25;
}

static uint32_t branch(uint32_t funct3, uint32_t rs1, int32_t offset) {
    const uint32_t o = (uint32_t)offset;
    return BRANCH | bits(o, 11, 11) << 7 | bits(o, 4, 1) << 8 | funct3 << 12 | rs1 << 15 | bits(o, 10, 5) << 25 |
           bits(o, 12, 12) << 31;
}

static uint32_t jump(uint32_t rd, int32_t offset) {
    const uint32_t o = (uint32_t)offset;
    return 0x6fU | rd << 7 | bits(o, 19, 12) << 12 | bits(o, 11, 11) << 20 | bits(o, 10, 1) << 21 |
           bits(o, 20, 20) << 31;
}

/* Quadrant 0: stack addresses, loads and stores of words. */
static uint32_t quadrant0(uint32_t h) {
    const uint32_t rd = 8 + bits(h, 4, 2), rs1 = 8 + bits(h, 9, 7);
    const uint32_t offset = bits(h, 12, 10) << 3 | bits(h, 6, 6) << 2 | bits(h, 5, 5) << 6;
    const uint32_t frame = bits(h, 12, 11) << 4 | bits(h, 10, 7) << 6 | bits(h, 6, 6) << 2 | bits(h, 5, 5) << 3;
    switch (bits(h, 15, 13)) {
    case 0:
        return frame == 0 ? 0 : i_type(IMMEDIATE, 0, rd, SP, (int32_t)frame);
    case 2:
        return i_type(LOAD, 2, rd, rs1, (int32_t)offset);
    case 6:
        return store_word(rs1, rd, offset);
    default:
        return 0;
    }
}

static uint32_t arithmetic(uint32_t h, int32_t immediate) {
    static const uint32_t funct3[4] = {0, 4, 6, 7}; /* sub, xor, or, and */
    const uint32_t rd = 8 + bits(h, 9, 7), rs2 = 8 + bits(h, 4, 2), kind = bits(h, 6, 5);
    switch (bits(h, 11, 10)) {
    case 0:
        return i_type(IMMEDIATE, 5, rd, rd, immediate & 31);
    case 1:
        return i_type(IMMEDIATE, 5, rd, rd, 0x400 | (immediate & 31));
    case 2:
        return i_type(IMMEDIATE, 7, rd, rd, immediate);
    default:
        return bits(h, 12, 12) ? 0 : r_type(funct3[kind], kind == 0 ? 0x20 : 0, rd, rd, rs2);
    }
}

/* Quadrant 1: immediates, jumps and branches. */
static uint32_t quadrant1(uint32_t h) {
    const uint32_t rd = bits(h, 11, 7), rs1 = 8 + bits(h, 9, 7);
    const int32_t immediate = extend(bits(h, 12, 12) << 5 | bits(h, 6, 2), 6);
    const int32_t far = extend(bits(h, 12, 12) << 11 | bits(h, 8, 8) << 10 | bits(h, 10, 9) << 8 | bits(h, 6, 6) << 7 |
                                   bits(h, 7, 7) << 6 | bits(h, 2, 2) << 5 | bits(h, 11, 11) << 4 | bits(h, 5, 3) << 1,
                               12);
    const int32_t near = extend(
        bits(h, 12, 12) << 8 | bits(h, 6, 5) << 6 | bits(h, 2, 2) << 5 | bits(h, 11, 10) << 3 | bits(h, 4, 3) << 1, 9);
    const int32_t frame = extend(
        bits(h, 12, 12) << 9 | bits(h, 4, 3) << 7 | bits(h, 5, 5) << 6 | bits(h, 2, 2) << 5 | bits(h, 6, 6) << 4, 10);
    switch (bits(h, 15, 13)) {
    case 0:
        return i_type(IMMEDIATE, 0, rd, rd, immediate);
    case 1:
        return jump(RA, far);
    case 2:
        return i_type(IMMEDIATE, 0, rd, ZERO, immediate);
    case 3:
        return rd == SP ? i_type(IMMEDIATE, 0, SP, SP, frame) : LUI | rd << 7 | (uint32_t)immediate << 12;
    case 4:
        return arithmetic(h, immediate);
    case 5:
        return jump(ZERO, far);
    default:
        return branch(bits(h, 13, 13), rs1, near);
    }
}

/* Quadrant 2: shifts, moves, jumps by register, and words on the stack. */
static uint32_t quadrant2(uint32_t h) {
    const uint32_t rd = bits(h, 11, 7), rs2 = bits(h, 6, 2);
    const uint32_t from = bits(h, 12, 12) << 5 | bits(h, 6, 4) << 2 | bits(h, 3, 2) << 6;
    const uint32_t to = bits(h, 12, 9) << 2 | bits(h, 8, 7) << 6;
    switch (bits(h, 15, 13)) {
    case 0:
        return bits(h, 12, 12) ? 0 : i_type(IMMEDIATE, 1, rd, rd, (int32_t)rs2);
    case 2:
        return rd == 0 ? 0 : i_type(LOAD, 2, rd, SP, (int32_t)from);
    case 4:
        if (rs2 != 0) {
            return r_type(0, 0, rd, bits(h, 12, 12) ? rd : ZERO, rs2);
        }
        return rd == 0 ? 0 : i_type(JALR, 0, bits(h, 12, 12) ? RA : ZERO, rd, 0);
    case 6:
        return store_word(SP, rs2, to);
    default:
        return 0;
    }
}

uint32_t expand_compressed(uint16_t half) {
    switch (half & 3) {
    case 0:
        return quadrant0(half);
    case 1:
        return quadrant1(half);
    default:
        return quadrant2(half);
    }
}
