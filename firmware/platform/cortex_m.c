/* Start-up of any Cortex-M: vector table, memory, faults. */
#include <stdint.h>

#include "bw_platform.h"

/* Places that the linker script names. */
extern uint32_t __stack[], __data_start[], __data_end[], __data_load[], __bss_start[], __bss_end[];
int main(void);
void Reset_Handler(void);

#if defined(__ARM_FEATURE_MVE) || defined(BW_FPU)
#define CPACR (*(volatile uint32_t *)0xE000ED88U)
#endif

/* Not part of Reset_Handler: what is compiled here may save or fill vector registers from its first instruction on. */
static __attribute__((noinline)) void start(void) {
    const uint32_t *from = __data_load;
    for (uint32_t *to = __data_start; to != __data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = __bss_start; to != __bss_end;) {
        *to++ = 0;
    }
    main();
    for (;;) {
    }
}

void Reset_Handler(void) {
#if defined(__ARM_FEATURE_MVE) || defined(BW_FPU)
    CPACR |= 0xFU << 20; /* coprocessors 10 and 11: the vector registers, or those of floating point */
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    start();
}

/* A fault stops the firmware; the host reports that it no longer answers. */
static void Fault_Handler(void) {
    for (;;) {
    }
}

/* A platform that counts by it brings its own. */
void SysTick_Handler(void) __attribute__((weak, alias("Fault_Handler")));

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))(uintptr_t)__stack,
    Reset_Handler,
    Fault_Handler, /* NMI */
    Fault_Handler, /* HardFault */
    Fault_Handler, /* MemManage */
    Fault_Handler, /* BusFault */
    Fault_Handler, /* UsageFault */
    0,
    0,
    0,
    0,
    Fault_Handler, /* SVCall */
    Fault_Handler, /* DebugMonitor */
    0,
    Fault_Handler, /* PendSV */
    SysTick_Handler,
};

uint32_t *bw_platform_stack_limit(void) { return __bss_end; }

__attribute__((noinline)) uint32_t *bw_platform_stack_pointer(void) {
    uint32_t *pointer;
    __asm__ volatile("mov %0, sp" : "=r"(pointer));
    return pointer;
}

__attribute__((noinline)) void bw_platform_loop(uint32_t n) {
    __asm__ volatile(".syntax unified\n"
                     "1: subs %0, #1\n"
                     "   nop\n"
                     "   bne 1b\n"
                     : "+l"(n)
                     :
                     : "cc");
}
