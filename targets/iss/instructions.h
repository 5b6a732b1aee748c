/* Every instruction: operation, bits that must match, mask of these bits, and the format of its operands.
 *
 * BASE: RV32IM, Zicsr. XCV: CORE-V extensions as the CV32E40P v2 and LLVM encode them. XPULPV2: the same operations as
 * RI5CY and GAP8 encode them.
 */
#ifndef INSTRUCTIONS_H
#define INSTRUCTIONS_H

#define BASE(DO)                                                                                                       \
    DO(LUI, 0x00000037, 0x0000007f, U)                                                                                 \
    DO(AUIPC, 0x00000017, 0x0000007f, U)                                                                               \
    DO(JAL, 0x0000006f, 0x0000007f, J)                                                                                 \
    DO(JALR, 0x00000067, 0x0000707f, I)                                                                                \
    DO(BEQ, 0x00000063, 0x0000707f, B)                                                                                 \
    DO(BNE, 0x00001063, 0x0000707f, B)                                                                                 \
    DO(BLT, 0x00004063, 0x0000707f, B)                                                                                 \
    DO(BGE, 0x00005063, 0x0000707f, B)                                                                                 \
    DO(BLTU, 0x00006063, 0x0000707f, B)                                                                                \
    DO(BGEU, 0x00007063, 0x0000707f, B)                                                                                \
    DO(LB, 0x00000003, 0x0000707f, I)                                                                                  \
    DO(LH, 0x00001003, 0x0000707f, I)                                                                                  \
    DO(LW, 0x00002003, 0x0000707f, I)                                                                                  \
    DO(LBU, 0x00004003, 0x0000707f, I)                                                                                 \
    DO(LHU, 0x00005003, 0x0000707f, I)                                                                                 \
    DO(SB, 0x00000023, 0x0000707f, S)                                                                                  \
    DO(SH, 0x00001023, 0x0000707f, S)                                                                                  \
    DO(SW, 0x00002023, 0x0000707f, S)                                                                                  \
    DO(ADDI, 0x00000013, 0x0000707f, I)                                                                                \
    DO(SLTI, 0x00002013, 0x0000707f, I)                                                                                \
    DO(SLTIU, 0x00003013, 0x0000707f, I)                                                                               \
    DO(XORI, 0x00004013, 0x0000707f, I)                                                                                \
    DO(ORI, 0x00006013, 0x0000707f, I)                                                                                 \
    DO(ANDI, 0x00007013, 0x0000707f, I)                                                                                \
    DO(SLLI, 0x00001013, 0xfe00707f, U5)                                                                               \
    DO(SRLI, 0x00005013, 0xfe00707f, U5)                                                                               \
    DO(SRAI, 0x40005013, 0xfe00707f, U5)                                                                               \
    DO(ADD, 0x00000033, 0xfe00707f, R)                                                                                 \
    DO(SUB, 0x40000033, 0xfe00707f, R)                                                                                 \
    DO(SLL, 0x00001033, 0xfe00707f, R)                                                                                 \
    DO(SLT, 0x00002033, 0xfe00707f, R)                                                                                 \
    DO(SLTU, 0x00003033, 0xfe00707f, R)                                                                                \
    DO(XOR, 0x00004033, 0xfe00707f, R)                                                                                 \
    DO(SRL, 0x00005033, 0xfe00707f, R)                                                                                 \
    DO(SRA, 0x40005033, 0xfe00707f, R)                                                                                 \
    DO(OR, 0x00006033, 0xfe00707f, R)                                                                                  \
    DO(AND, 0x00007033, 0xfe00707f, R)                                                                                 \
    DO(MUL, 0x02000033, 0xfe00707f, R)                                                                                 \
    DO(MULH, 0x02001033, 0xfe00707f, R)                                                                                \
    DO(MULHSU, 0x02002033, 0xfe00707f, R)                                                                              \
    DO(MULHU, 0x02003033, 0xfe00707f, R)                                                                               \
    DO(DIV, 0x02004033, 0xfe00707f, R)                                                                                 \
    DO(DIVU, 0x02005033, 0xfe00707f, R)                                                                                \
    DO(REM, 0x02006033, 0xfe00707f, R)                                                                                 \
    DO(REMU, 0x02007033, 0xfe00707f, R)                                                                                \
    DO(FENCE, 0x0000000f, 0x0000707f, I)                                                                               \
    DO(CSRRW, 0x00001073, 0x0000707f, I)                                                                               \
    DO(CSRRS, 0x00002073, 0x0000707f, I)                                                                               \
    DO(CSRRC, 0x00003073, 0x0000707f, I)

#define XCV(DO)                                                                                                        \
    DO(LB_POST, 0x0000000b, 0x0000707f, LOAD_POST)                                                                     \
    DO(LH_POST, 0x0000100b, 0x0000707f, LOAD_POST)                                                                     \
    DO(LW_POST, 0x0000200b, 0x0000707f, LOAD_POST)                                                                     \
    DO(LBU_POST, 0x0000400b, 0x0000707f, LOAD_POST)                                                                    \
    DO(LHU_POST, 0x0000500b, 0x0000707f, LOAD_POST)                                                                    \
    DO(SB_POST, 0x0000002b, 0x0000707f, STORE_POST)                                                                    \
    DO(SH_POST, 0x0000102b, 0x0000707f, STORE_POST)                                                                    \
    DO(SW_POST, 0x0000202b, 0x0000707f, STORE_POST)                                                                    \
    DO(LB_STRIDE, 0x0000302b, 0xfe00707f, LOAD_STRIDE)                                                                 \
    DO(LH_STRIDE, 0x0200302b, 0xfe00707f, LOAD_STRIDE)                                                                 \
    DO(LW_STRIDE, 0x0400302b, 0xfe00707f, LOAD_STRIDE)                                                                 \
    DO(LBU_STRIDE, 0x1000302b, 0xfe00707f, LOAD_STRIDE)                                                                \
    DO(LHU_STRIDE, 0x1200302b, 0xfe00707f, LOAD_STRIDE)                                                                \
    DO(SB_STRIDE, 0x2000302b, 0xfe00707f, STORE_STRIDE)                                                                \
    DO(SH_STRIDE, 0x2200302b, 0xfe00707f, STORE_STRIDE)                                                                \
    DO(SW_STRIDE, 0x2400302b, 0xfe00707f, STORE_STRIDE)                                                                \
    DO(MAC, 0x9000302b, 0xfe00707f, R)                                                                                 \
    DO(MSU, 0x9200302b, 0xfe00707f, R)                                                                                 \
    DO(MIN, 0x5600302b, 0xfe00707f, R)                                                                                 \
    DO(MAX, 0x5a00302b, 0xfe00707f, R)                                                                                 \
    DO(CLIP, 0x7000302b, 0xfe00707f, U5)                                                                               \
    DO(CLIPU, 0x7200302b, 0xfe00707f, U5)                                                                              \
    DO(ADDNR, 0x8000302b, 0xfe00707f, R)                                                                               \
    DO(ADDRNR, 0x8400302b, 0xfe00707f, R)                                                                              \
    DO(SDOTUP_H, 0x9800007b, 0xfe00707f, R)                                                                            \
    DO(SDOTUP_B, 0x9800107b, 0xfe00707f, R)                                                                            \
    DO(SDOTUSP_H, 0xa000007b, 0xfe00707f, R)                                                                           \
    DO(SDOTUSP_B, 0xa000107b, 0xfe00707f, R)                                                                           \
    DO(SDOTSP_H, 0xa800007b, 0xfe00707f, R)                                                                            \
    DO(SDOTSP_B, 0xa800107b, 0xfe00707f, R)                                                                            \
    DO(SHUFFLE2_B, 0xe000107b, 0xfe00707f, R)                                                                          \
    DO(PACK_LOW, 0xf000007b, 0xfe00707f, R)                                                                            \
    DO(PACKLO_B, 0xf800107b, 0xfe00707f, R)                                                                            \
    DO(PACKHI_B, 0xfa00107b, 0xfe00707f, R)                                                                            \
    DO(MIN_B, 0x2000107b, 0xfe00707f, R)                                                                               \
    DO(MAX_B, 0x3000107b, 0xfe00707f, R)                                                                               \
    DO(LOOP_SETUP, 0x0000472b, 0x00007f7f, LOOP)

#define XPULPV2(DO)                                                                                                    \
    DO(LB_POST, 0x0000000b, 0x0000707f, LOAD_POST)                                                                     \
    DO(LH_POST, 0x0000100b, 0x0000707f, LOAD_POST)                                                                     \
    DO(LW_POST, 0x0000200b, 0x0000707f, LOAD_POST)                                                                     \
    DO(LBU_POST, 0x0000400b, 0x0000707f, LOAD_POST)                                                                    \
    DO(LHU_POST, 0x0000500b, 0x0000707f, LOAD_POST)                                                                    \
    DO(SB_POST, 0x0000002b, 0x0000707f, STORE_POST)                                                                    \
    DO(SH_POST, 0x0000102b, 0x0000707f, STORE_POST)                                                                    \
    DO(SW_POST, 0x0000202b, 0x0000707f, STORE_POST)                                                                    \
    DO(LB_STRIDE, 0x0000700b, 0xfe00707f, LOAD_STRIDE)                                                                 \
    DO(LH_STRIDE, 0x1000700b, 0xfe00707f, LOAD_STRIDE)                                                                 \
    DO(LW_STRIDE, 0x2000700b, 0xfe00707f, LOAD_STRIDE)                                                                 \
    DO(LBU_STRIDE, 0x4000700b, 0xfe00707f, LOAD_STRIDE)                                                                \
    DO(LHU_STRIDE, 0x5000700b, 0xfe00707f, LOAD_STRIDE)                                                                \
    DO(SB_STRIDE, 0x0000402b, 0xfe00707f, STORE_STRIDE)                                                                \
    DO(SH_STRIDE, 0x0000502b, 0xfe00707f, STORE_STRIDE)                                                                \
    DO(SW_STRIDE, 0x0000602b, 0xfe00707f, STORE_STRIDE)                                                                \
    DO(MAC, 0x42000033, 0xfe00707f, R)                                                                                 \
    DO(MSU, 0x42001033, 0xfe00707f, R)                                                                                 \
    DO(MIN, 0x04004033, 0xfe00707f, R)                                                                                 \
    DO(MAX, 0x04006033, 0xfe00707f, R)                                                                                 \
    DO(CLIP, 0x14001033, 0xfe00707f, U5)                                                                               \
    DO(CLIPU, 0x14002033, 0xfe00707f, U5)                                                                              \
    DO(ADDNR, 0x4000205b, 0xfe00707f, R)                                                                               \
    DO(ADDRNR, 0x4000605b, 0xfe00707f, R)                                                                              \
    DO(SDOTUP_H, 0xa0000057, 0xfc00707f, R)                                                                            \
    DO(SDOTUP_B, 0xa0001057, 0xfc00707f, R)                                                                            \
    DO(SDOTUSP_H, 0xa8000057, 0xfc00707f, R)                                                                           \
    DO(SDOTUSP_B, 0xa8001057, 0xfc00707f, R)                                                                           \
    DO(SDOTSP_H, 0xb8000057, 0xfc00707f, R)                                                                            \
    DO(SDOTSP_B, 0xb8001057, 0xfc00707f, R)                                                                            \
    DO(SHUFFLE2_B, 0xc8001057, 0xfc00707f, R)                                                                          \
    DO(PACK_LOW, 0xd0000057, 0xfe00707f, R)                                                                            \
    DO(PACKHI_B, 0xd8001057, 0xfc00707f, R)                                                                            \
    DO(PACKLO_B, 0xe0001057, 0xfc00707f, R)                                                                            \
    DO(MIN_B, 0x20001057, 0xfc00707f, R)                                                                               \
    DO(MAX_B, 0x30001057, 0xfc00707f, R)                                                                               \
    DO(LOOP_SETUP, 0x0000407b, 0x00007f7f, LOOP_LAST)

#define OPERATION(name, match, mask, format) OP_##name,
enum operation { OP_UNDECODED, BASE(OPERATION) XCV(OPERATION) };
#undef OPERATION

#endif /* INSTRUCTIONS_H */
