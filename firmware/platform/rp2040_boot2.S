/* Second stage of the RP2040's boot: the boot ROM copies the first 256 bytes of the flash to RAM and, where their last
 * word is the right checksum, runs them (RP2040 datasheet, 2.8.1.3). It sets the SSI (4.10) to fetch code from the flash
 * by the serial read that every flash has, 03h at a quarter of the core's clock, and enters the image behind it.
 *
 * The checksum is a CRC-32 with polynomial 0x04C11DB7, started at 0xFFFFFFFF, neither reflected nor inverted, of the
 * 252 bytes before it. Only a change of this file changes it; the tests compute it anew.
 */
    .syntax unified
    .cpu cortex-m0plus
    .thumb

    .section .boot, "ax"
    .balign 4
boot2:
    ldr r3, ssi
    movs r0, #0
    str r0, [r3, #0x08] /* SSIENR: off while it is set up */
    movs r1, #4
    str r1, [r3, #0x14] /* BAUDR: divides the core's clock */
    ldr r1, frames
    str r1, [r3, #0x00] /* CTRLR0 */
    str r0, [r3, #0x04] /* CTRLR1: one frame per read */
    movs r2, #0xF4
    ldr r1, read
    str r1, [r3, r2] /* SPI_CTRLR0 */
    movs r0, #1
    str r0, [r3, #0x08]
    ldr r0, image
    ldr r1, vtor
    str r0, [r1]
    ldr r1, [r0, #0]
    ldr r2, [r0, #4]
    msr msp, r1
    bx r2
    .balign 4
ssi:
    .word 0x18000000
frames:
    .word 31 << 16 | 3 << 8 /* frames of 32 bits; sends command and address, then reads */
read:
    .word 0x03 << 24 | 2 << 8 | 6 << 2 /* command 03h of 8 bits, then 24 bits of address, on one line */
image:
    .word 0x10000100
vtor:
    .word 0xE000ED08
    .space 252 - (. - boot2)
    .word 0x89E53C17 /* the checksum */
