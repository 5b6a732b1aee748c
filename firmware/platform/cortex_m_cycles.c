/* The cycle counter of Cortex-M3 and later (Armv7-M and Armv8-M architecture reference manuals, chapters DWT and
 * SysTick).
 *
 * An emulator has no DWT, but a SysTick that advances with the instructions: BW_INSTRUCTION_NS of virtual time each.
 * SysTick has 24 bits; its exception counts how often it wrapped, in exactly HANDLER instructions, which are taken out.
 * QEMU rounds the time of a wrap down to nanoseconds: at 24 and at 168 MHz PERIOD loses a 125th of a tick by that.
 */
#include "bw_cortex_m.h"

#if defined(BW_INSTRUCTION_NS)

#define SYSTICK_CONTROL BW_REGISTER(0xE000E010U)
#define SYSTICK_RELOAD  BW_REGISTER(0xE000E014U)
#define SYSTICK_VALUE   BW_REGISTER(0xE000E018U)
#define PERIOD          0xFFFFFEU
#define HANDLER         125U
#define HANDLER_TICKS   (HANDLER * BW_INSTRUCTION_NS * (BW_SYSTICK_HZ / 1000000U) / 1000U)

/* instructions = ticks * 10^9 / (BW_INSTRUCTION_NS * BW_SYSTICK_HZ) */
const uint32_t bw_platform_numerator = 1000000000U / BW_INSTRUCTION_NS;
const uint32_t bw_platform_denominator = BW_SYSTICK_HZ;
const uint32_t bw_platform_unit = 1; /* instructions */

void SysTick_Handler(void);

volatile uint32_t bw_systick_wraps;

/* 4 + 2 * 60 + 1 instructions in registers that the exception saves. */
__attribute__((naked)) void SysTick_Handler(void) {
    __asm__ volatile(".syntax unified\n"
                     "   ldr r0, =bw_systick_wraps\n"
                     "   ldr r1, [r0]\n"
                     "   adds r1, #1\n"
                     "   str r1, [r0]\n"
                     "   movs r2, #59\n"
                     "1: subs r2, #1\n"
                     "   bne 1b\n"
                     "   nop\n"
                     "   bx lr\n"
                     "   .ltorg\n");
}

uint32_t bw_platform_hz(void) { return BW_SYSTICK_HZ; }

void bw_counter_start(uint32_t core_hz) {
    (void)core_hz;
    SYSTICK_RELOAD = PERIOD - 1U;
    SYSTICK_VALUE = 0U;
    SYSTICK_CONTROL = 7U; /* the core's clock, exception, on */
}

uint32_t bw_platform_ticks(void) {
    uint32_t wraps, value;
    do {
        wraps = bw_systick_wraps;
        value = SYSTICK_VALUE;
    } while (wraps != bw_systick_wraps);
    return wraps * (PERIOD - HANDLER_TICKS) - wraps / 125U + (PERIOD - 1U - value);
}

#elif !defined(BW_EMULATED) /* in an emulator something else may count */

#define DEBUG_CONTROL BW_REGISTER(0xE000EDFCU) /* DEMCR */
#define DWT_CONTROL   BW_REGISTER(0xE0001000U)
#define DWT_CYCLES    BW_REGISTER(0xE0001004U)
#define DWT_LOCK      BW_REGISTER(0xE0001FB0U)

const uint32_t bw_platform_numerator = 1;
const uint32_t bw_platform_denominator = 1;
const uint32_t bw_platform_unit = 2; /* cycles */

static uint32_t hz;

uint32_t bw_platform_hz(void) { return hz; }

void bw_counter_start(uint32_t core_hz) {
    hz = core_hz;
    DEBUG_CONTROL |= 1U << 24; /* TRCENA */
    DWT_LOCK = 0xC5ACCE55U;    /* Cortex-M7 has a lock; elsewhere nothing is here */
    DWT_CYCLES = 0U;
    DWT_CONTROL |= 1U;
}

uint32_t bw_platform_ticks(void) { return DWT_CYCLES; }

#endif
