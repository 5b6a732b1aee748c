/* Nordic nRF51 and nRF52: UART0, the one without DMA, which both have (nRF51 series reference manual; nRF52840 and
 * nRF52833 product specifications: chapters CLOCK, GPIO, UART and NVMC). The crystal clocks it.
 *
 * A board's description defines BW_CORE_HZ and the pins BW_TX and BW_RX: 0 to 31 are P0.00 to P0.31, from 32 on those
 * of P1.
 */
#include "bw_cortex_m.h"

#define CLOCK_START     BW_REGISTER(0x40000000U) /* TASKS_HFCLKSTART */
#define CLOCK_STARTED   BW_REGISTER(0x40000100U) /* EVENTS_HFCLKSTARTED */
#define UART_START_RX   BW_REGISTER(0x40002000U)
#define UART_START_TX   BW_REGISTER(0x40002008U)
#define UART_RX_READY   BW_REGISTER(0x40002108U)
#define UART_TX_READY   BW_REGISTER(0x4000211CU)
#define UART_ENABLE     BW_REGISTER(0x40002500U)
#define UART_TX_PIN     BW_REGISTER(0x4000250CU)
#define UART_RX_PIN     BW_REGISTER(0x40002514U)
#define UART_RXD        BW_REGISTER(0x40002518U)
#define UART_TXD        BW_REGISTER(0x4000251CU)
#define UART_BAUD       BW_REGISTER(0x40002524U)
#define NVMC_CACHE      BW_REGISTER(0x4001E540U)
#define PORT(pin)       (0x50000000U + 0x300U * ((pin) / 32U))
#define PORT_SET(pin)   BW_REGISTER(PORT(pin) + 0x508U)
#define PIN_CONFIG(pin) BW_REGISTER(PORT(pin) + 0x700U + 4U * ((pin) % 32U))
#define PIN_OUTPUT      3U        /* driven, its input buffer off */
#define PIN_PULLED_UP   (3U << 2) /* an input; silent where nothing is connected */

/* The baud rate in units of 16 MHz / 2^32; the chips use its upper 20 bits. */
#define UART_RATE ((uint32_t)((((uint64_t)BW_BAUD << 32) / 16000000U + 0x800U) & 0xFFFFF000U))

void bw_platform_init(void) {
    CLOCK_START = 1U;
    (void)bw_await(&CLOCK_STARTED, 1U, 1U);
#ifdef BW_FLASH_CACHE
    NVMC_CACHE = 1U;
#endif
    PORT_SET(BW_TX) = 1U << (BW_TX % 32U);
    PIN_CONFIG(BW_TX) = PIN_OUTPUT;
    PIN_CONFIG(BW_RX) = PIN_PULLED_UP;
    UART_TX_PIN = BW_TX;
    UART_RX_PIN = BW_RX;
    UART_BAUD = UART_RATE;
    UART_ENABLE = 4U;
    UART_START_RX = 1U;
    UART_START_TX = 1U;
    bw_counter_start(BW_CORE_HZ);
}

uint8_t bw_platform_get(void) {
    while (!UART_RX_READY) {
    }
    UART_RX_READY = 0U; /* before the byte is taken: the next one sets it again */
    return (uint8_t)UART_RXD;
}

void bw_platform_put(uint8_t byte) {
    UART_TXD = byte;
    while (!UART_TX_READY) {
    }
    UART_TX_READY = 0U;
}
