/* Nordic nRF51822: UART0 and TIMER0 (nRF51 series reference manual, chapters UART and TIMER). */
#include "bw_platform.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define UART_START_RX     REGISTER(0x40002000U)
#define UART_START_TX     REGISTER(0x40002008U)
#define UART_RX_READY     REGISTER(0x40002108U)
#define UART_TX_READY     REGISTER(0x4000211CU)
#define UART_ENABLE       REGISTER(0x40002500U)
#define UART_RXD          REGISTER(0x40002518U)
#define UART_TXD          REGISTER(0x4000251CU)
#define UART_BAUD         REGISTER(0x40002524U)
#define TIMER_START       REGISTER(0x40008000U)
#define TIMER_CAPTURE     REGISTER(0x40008040U)
#define TIMER_BITS        REGISTER(0x40008508U)
#define TIMER_PRESCALER   REGISTER(0x40008510U)
#define TIMER_VALUE       REGISTER(0x40008540U)

/* 16 MHz; the emulator runs 2^7 ns per instruction: instructions = ticks * 10^9 / (128 * 16 * 10^6). */
const uint32_t bw_platform_numerator = 7812500U;
const uint32_t bw_platform_denominator = 16000000U;
const uint32_t bw_platform_unit = 1;

uint32_t bw_platform_hz(void) { return 16000000U; }

void bw_platform_init(void) {
    UART_BAUD = 0x01D7E000U; /* 115200 */
    UART_ENABLE = 4U;
    UART_START_RX = 1U;
    UART_START_TX = 1U;
    TIMER_BITS = 3U; /* 32 */
    TIMER_PRESCALER = 0U;
    TIMER_START = 1U;
}

uint8_t bw_platform_get(void) {
    while (!UART_RX_READY) {
    }
    UART_RX_READY = 0U;
    return (uint8_t)UART_RXD;
}

void bw_platform_put(uint8_t byte) {
    UART_TXD = byte;
    while (!UART_TX_READY) {
    }
    UART_TX_READY = 0U;
}

uint32_t bw_platform_ticks(void) {
    TIMER_CAPTURE = 1U;
    return TIMER_VALUE;
}
