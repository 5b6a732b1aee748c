/* SiFive FE310-G000 and FE310-G002 (HiFive1, HiFive1 Rev B): crystal clock, UART0, mcycle.
 *
 * Registers: SiFive FE310-G002 manual v1p5, chapters 4 (memory map), 6 (PRCI), 17 (GPIO) and 18 (UART); those used here
 * are the same in the FE310-G000 manual v3p2. The core runs at the crystal's 16 MHz, without the PLL: the UART's
 * divisor is then exact to 0.1 %, the SPI flash stays within its reset timing, and cycles do not depend on a frequency.
 */
#include "bw_platform.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define PRCI_HFROSCCFG REGISTER(0x10008000U) /* ring oscillator: bit 30 enable, bit 31 ready */
#define PRCI_HFXOSCCFG REGISTER(0x10008004U) /* crystal oscillator: the same */
#define PRCI_PLLCFG    REGISTER(0x10008008U)
#define PRCI_PLLOUTDIV REGISTER(0x1000800CU)
#define OSC_ENABLE     (1U << 30)
#define OSC_READY      (1U << 31)
#define PLL_SELECT     (1U << 16) /* the core's clock is the PLL's output, not the ring oscillator */
#define PLL_REFERENCE  (1U << 17) /* the PLL's input is the crystal */
#define PLL_BYPASS     (1U << 18) /* its output is its input */
#define PLLOUTDIV_BY_1 (1U << 8)

#define GPIO_IOF_ENABLE REGISTER(0x10012038U)
#define GPIO_IOF_SELECT REGISTER(0x1001203CU)
#define UART_PINS       (1U << 16 | 1U << 17) /* RX and TX of UART0, as I/O function 0 */

#define UART_TXDATA REGISTER(0x10013000U) /* bit 31: full */
#define UART_RXDATA REGISTER(0x10013004U) /* bit 31: empty; reading takes the byte */
#define UART_TXCTRL REGISTER(0x10013008U)
#define UART_RXCTRL REGISTER(0x1001300CU)
#define UART_DIV    REGISTER(0x10013018U)
#define UART_FLAG   (1U << 31)
#define UART_ENABLE 1U

#define CORE_HZ 16000000U

const uint32_t bw_platform_numerator = 1U;
const uint32_t bw_platform_denominator = 1U;
#ifdef BW_EMULATED
const uint32_t bw_platform_unit = 1U; /* mcycle counts retired instructions under -icount */
uint32_t bw_platform_hz(void) { return 1000000000U; }
#else
const uint32_t bw_platform_unit = 2U;
uint32_t bw_platform_hz(void) { return CORE_HZ; }
#endif

static void use_crystal(void) {
    PRCI_HFROSCCFG |= OSC_ENABLE; /* runs out of reset, and while the clock is switched */
    PRCI_HFXOSCCFG = OSC_ENABLE;
    while (!(PRCI_HFXOSCCFG & OSC_READY)) {
    }
    PRCI_PLLOUTDIV = PLLOUTDIV_BY_1;
    PRCI_PLLCFG = PLL_REFERENCE | PLL_BYPASS;
    PRCI_PLLCFG = PLL_REFERENCE | PLL_BYPASS | PLL_SELECT;
}

void bw_platform_init(void) {
    use_crystal();
    UART_DIV = (CORE_HZ + BW_BAUD / 2U) / BW_BAUD - 1U; /* baud rate = clock / (div + 1) */
    UART_TXCTRL = UART_ENABLE;
    UART_RXCTRL = UART_ENABLE;
    GPIO_IOF_SELECT &= ~UART_PINS;
    GPIO_IOF_ENABLE |= UART_PINS;
}

uint8_t bw_platform_get(void) {
    for (;;) {
        const uint32_t data = UART_RXDATA;
        if (!(data & UART_FLAG)) {
            return (uint8_t)data;
        }
    }
}

void bw_platform_put(uint8_t byte) {
    while (UART_TXDATA & UART_FLAG) {
    }
    UART_TXDATA = byte;
}

uint32_t bw_platform_ticks(void) {
    uint32_t count;
    __asm__ volatile("csrr %0, 0xB00" : "=r"(count)); /* mcycle */
    return count;
}
