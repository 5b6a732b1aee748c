/* Start-up of a bare-metal RV32: stack, global pointer, memory, main. */
    .section .vectors, "ax"
    .globl _start
_start:
    li t0, 8 /* mstatus.MIE = 0: a boot loader may have enabled interrupts */
    csrc mstatus, t0
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, __stack
    la t0, trap
    csrw mtvec, t0
#ifdef __riscv_vector
    li t0, 0x200 /* mstatus.VS = initial: vector instructions do not trap */
    csrs mstatus, t0
#endif
#if defined(BW_CORES) && BW_CORES > 1
    /* The other cores work when the first one calls them, each on a stack of 32 KiB. */
    csrr t0, 0xF14
    beqz t0, 5f
    slli t0, t0, 15
    sub sp, sp, t0
    call bw_core_main
5:
#endif
    la a0, __data_load
    la a1, __data_start
    la a2, __data_end
1:  bgeu a1, a2, 2f
    lw t0, 0(a0)
    sw t0, 0(a1)
    addi a0, a0, 4
    addi a1, a1, 4
    j 1b
2:  la a1, __bss_start
    la a2, __bss_end
3:  bgeu a1, a2, 4f
    sw zero, 0(a1)
    addi a1, a1, 4
    j 3b
4:  call main
/* A trap stops the firmware; the host reports that it no longer answers. Some cores ignore the low bits of mtvec. */
#ifndef BW_TRAP_ALIGN
#define BW_TRAP_ALIGN 4
#endif
    .balign BW_TRAP_ALIGN
trap:
    j trap

/* What the harness asks of every RV32 (bw_platform.h). */
    .section .text.bw_platform_stack_pointer, "ax"
    .globl bw_platform_stack_pointer
    .type bw_platform_stack_pointer, @function
bw_platform_stack_pointer:
    mv a0, sp
    ret

    .section .text.bw_platform_stack_limit, "ax"
    .globl bw_platform_stack_limit
    .type bw_platform_stack_limit, @function
bw_platform_stack_limit:
    la a0, __bss_end
    ret

    .section .text.bw_platform_loop, "ax"
    .globl bw_platform_loop
    .type bw_platform_loop, @function
bw_platform_loop:
1:  addi a0, a0, -1
    nop
    bnez a0, 1b
    ret
