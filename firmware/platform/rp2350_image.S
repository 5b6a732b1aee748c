/* What the RP2350's boot ROM looks for in the first 4 KiB of the flash: a block that says that this is an image, and for
 * which cores (RP2350 datasheet, 5.9.5 minimum viable image metadata; 5.9.3.1 IMAGE_TYPE). It is its own successor in
 * the loop of blocks. The image is entered at its start: an Arm one by its vector table, a RISC-V one by its code. */
#ifdef __riscv
#define CORES 1
#define SECURITY 0
#else
#define CORES 0
#define SECURITY 2 /* secure */
#endif
    .section .image, "a"
    .balign 4
    .word 0xFFFFDED3                                     /* start of a block */
    .byte 0x42, 1                                        /* item IMAGE_TYPE, one word: */
    .short 1 << 12 | CORES << 8 | SECURITY << 4 | 1      /* for the RP2350, executable */
    .byte 0xFF                                           /* the last item: */
    .short 1                                             /* words of items before it */
    .byte 0
    .word 0                                              /* to the next block: this one */
    .word 0xAB123579                                     /* end of a block */
