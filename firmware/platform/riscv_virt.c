/* QEMU's RISC-V "virt" machine: NS16550 UART; retired instructions from minstret (RISC-V privileged specification). */
#include "bw_platform.h"

#define UART             ((volatile uint8_t *)0x10000000U)
#define UART_LINE_STATUS 5
#define UART_RX_READY    0x01U
#define UART_TX_EMPTY    0x20U

const uint32_t bw_platform_numerator = 1U;
const uint32_t bw_platform_denominator = 1U;
const uint32_t bw_platform_unit = 1;
uint32_t bw_platform_hz(void) { return 1000000000U; } /* the emulator runs 1 ns per instruction */

void bw_platform_init(void) {}

uint8_t bw_platform_get(void) {
    while (!(UART[UART_LINE_STATUS] & UART_RX_READY)) {
    }
    return UART[0];
}

void bw_platform_put(uint8_t byte) {
    while (!(UART[UART_LINE_STATUS] & UART_TX_EMPTY)) {
    }
    UART[0] = byte;
}

uint32_t bw_platform_ticks(void) {
    uint32_t count;
    __asm__ volatile("csrr %0, 0xB02" : "=r"(count)); /* minstret */
    return count;
}
