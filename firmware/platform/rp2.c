/* Raspberry Pi RP2040 and RP2350 (Arm and RISC-V cores): crystal and PLLs, the link, a cycle counter.
 *
 * The link is served on UART0, GPIO 0 and 1, and as a serial port on the board's own USB connector (rp2_usb.c): answers
 * go where the request came from.
 *
 * Registers: RP2040 datasheet, sections 2.14 (resets), 2.15 (clocks), 2.16 (crystal oscillator), 2.18 (PLL), 2.19
 * (GPIO) and 4.2 (UART, a PL011); RP2350 datasheet, sections 7.5, 8.1, 8.2, 8.6, 9.11 and 12.1. The two chips have the
 * same registers at other addresses. The crystal of the Pico boards has 12 MHz; the UART is clocked by it directly, so
 * that its baud rate does not depend on the PLL, which clocks the core at the chip's nominal 125 or 150 MHz.
 */
#include "bw_platform.h"
#include "bw_rp2.h"

#ifdef BW_RP2350
#define RESETS         0x40020000U
#define CLOCKS         0x40010000U
#define XOSC           0x40048000U
#define PLL_SYS        0x40050000U
#define PLL_USB        0x40058000U
#define CLK_USB_CTRL   BW_REGISTER(CLOCKS + 0x60U)
#define RESET_PLL_USB  (1U << 15)
#define RESET_USB      (1U << 28)
#define UART0          0x40070000U
#define IO_BANK0       0x40028000U
#define PADS_BANK0     0x40038000U
#define RESET_IO_BANK0 (1U << 6)
#define RESET_PADS     (1U << 9)
#define RESET_PLL_SYS  (1U << 14)
#define RESET_UART0    (1U << 26)
#define POST_DIVIDER   5U /* 150 MHz */
#else
#define RESETS         0x4000C000U
#define CLOCKS         0x40008000U
#define XOSC           0x40024000U
#define PLL_SYS        0x40028000U
#define PLL_USB        0x4002C000U
#define CLK_USB_CTRL   BW_REGISTER(CLOCKS + 0x54U)
#define RESET_PLL_USB  (1U << 13)
#define RESET_USB      (1U << 24)
#define UART0          0x40034000U
#define IO_BANK0       0x40014000U
#define PADS_BANK0     0x4001C000U
#define RESET_IO_BANK0 (1U << 5)
#define RESET_PADS     (1U << 8)
#define RESET_PLL_SYS  (1U << 12)
#define RESET_TIMER    (1U << 21)
#define RESET_UART0    (1U << 22)
#define POST_DIVIDER   6U /* 125 MHz */
#endif

#define XOSC_HZ        12000000U
#define PLL_FEEDBACK   125U /* VCO at 1500 MHz */
#define POST_DIVIDER_2 2U
#define CORE_HZ        (XOSC_HZ * PLL_FEEDBACK / POST_DIVIDER / POST_DIVIDER_2)

#define RESETS_RESET (RESETS + 0x0U)
#define RESETS_DONE  BW_REGISTER(RESETS + 0x8U)

#define XOSC_CTRL    BW_REGISTER(XOSC + 0x0U)
#define XOSC_STATUS  BW_REGISTER(XOSC + 0x4U)
#define XOSC_STARTUP BW_REGISTER(XOSC + 0xCU)
#define XOSC_ENABLE  (0xFABU << 12 | 0xAA0U) /* for a crystal of 1 to 15 MHz */
#define XOSC_STABLE  (1U << 31)

#define CLK_REF_CTRL   BW_REGISTER(CLOCKS + 0x30U)
#define CLK_REF_PICKED BW_REGISTER(CLOCKS + 0x38U) /* one bit for each source; which the multiplexer has arrived at */
#define CLK_SYS_CTRL   (CLOCKS + 0x3CU)
#define CLK_SYS_PICKED BW_REGISTER(CLOCKS + 0x44U)
#define CLK_PERI_CTRL  BW_REGISTER(CLOCKS + 0x48U)
#define REF_IS_XOSC    2U
#define SYS_IS_REF     0U
#define SYS_IS_PLL     1U /* the auxiliary source, whose selector is 0 for the PLL */
#define PERI_IS_XOSC   (1U << 11 | 4U << 5)

#define PLL_CS(pll)         BW_REGISTER((pll) + 0x0U) /* bit 31: locked; bits 5 to 0: divider of the crystal's clock */
#define PLL_POWER_DOWN(pll) ((pll) + 0x4U)
#define PLL_FBDIV(pll)      BW_REGISTER((pll) + 0x8U)
#define PLL_PRIM(pll)       BW_REGISTER((pll) + 0xCU)
#define USB_IS_PLL          (1U << 11) /* on; its source's selector is 0 for the USB PLL */
#define PLL_LOCKED          (1U << 31)
#define PLL_CORE            (1U << 0 | 1U << 5) /* power down of the PLL and of its VCO */
#define PLL_DIVIDERS        (1U << 3)

#define UART_DR       BW_REGISTER(UART0 + 0x00U)
#define UART_FR       BW_REGISTER(UART0 + 0x18U)
#define UART_IBRD     BW_REGISTER(UART0 + 0x24U)
#define UART_FBRD     BW_REGISTER(UART0 + 0x28U)
#define UART_LCR_H    BW_REGISTER(UART0 + 0x2CU)
#define UART_CR       BW_REGISTER(UART0 + 0x30U)
#define UART_RX_EMPTY (1U << 4)
#define UART_TX_FULL  (1U << 5)
#define UART_8N1_FIFO (3U << 5 | 1U << 4)
#define UART_ON       (1U << 0 | 1U << 8 | 1U << 9) /* the UART, its transmitter and its receiver */
/* The divisor in 64ths of 16 clocks. */
#define UART_DIVISOR ((XOSC_HZ * 4U + BW_BAUD / 2U) / BW_BAUD)

#define GPIO_CTRL(n)  BW_REGISTER(IO_BANK0 + 8U * (n) + 4U)
#define PAD(n)        BW_REGISTER(PADS_BANK0 + 4U * (n) + 4U)
#define FUNCTION_UART 2U
/* Input enabled, 4 mA, pulled up (an open line is idle), Schmitt trigger; on the RP2350 no longer isolated (bit 8). */
#define PAD_UART (1U << 6 | 1U << 4 | 1U << 3 | 1U << 1)

const uint32_t bw_platform_numerator = 1U;
const uint32_t bw_platform_denominator = 1U;
const uint32_t bw_platform_unit = 2U;
uint32_t bw_platform_hz(void) { return CORE_HZ; }

static int talks_usb; /* where the last byte came from */

static void leave_reset(uint32_t blocks) {
    BW_REGISTER(RESETS_RESET + BW_CLEAR) = blocks;
    while ((RESETS_DONE & blocks) != blocks) {
    }
}

static void start_pll(uint32_t pll, uint32_t reset, uint32_t feedback, uint32_t dividers) {
    BW_REGISTER(RESETS_RESET + BW_SET) = reset;
    leave_reset(reset);
    PLL_CS(pll) = 1U;
    PLL_FBDIV(pll) = feedback;
    BW_REGISTER(PLL_POWER_DOWN(pll) + BW_CLEAR) = PLL_CORE;
    while (!(PLL_CS(pll) & PLL_LOCKED)) {
    }
    PLL_PRIM(pll) = dividers;
    BW_REGISTER(PLL_POWER_DOWN(pll) + BW_CLEAR) = PLL_DIVIDERS;
}

static void start_clocks(void) {
    XOSC_STARTUP = XOSC_HZ / 1000U / 256U + 1U; /* 1 ms, in units of 256 periods */
    XOSC_CTRL = XOSC_ENABLE;
    while (!(XOSC_STATUS & XOSC_STABLE)) {
    }
    /* The core leaves its auxiliary source, the RP2350's at reset, before that one's selector is changed. */
    BW_REGISTER(CLK_SYS_CTRL + BW_CLEAR) = SYS_IS_PLL;
    while (CLK_SYS_PICKED != 1U << SYS_IS_REF) {
    }
    BW_REGISTER(CLK_SYS_CTRL) = SYS_IS_REF;
    CLK_REF_CTRL = REF_IS_XOSC;
    while (CLK_REF_PICKED != 1U << REF_IS_XOSC) {
    }
    start_pll(PLL_SYS, RESET_PLL_SYS, PLL_FEEDBACK, POST_DIVIDER << 16 | POST_DIVIDER_2 << 12);
    start_pll(PLL_USB, RESET_PLL_USB, 100U, 5U << 16 | 5U << 12); /* 1200 MHz / 25 = 48 MHz */
    BW_REGISTER(CLK_SYS_CTRL) = SYS_IS_PLL;
    while (CLK_SYS_PICKED != 1U << SYS_IS_PLL) {
    }
    CLK_PERI_CTRL = PERI_IS_XOSC;
    CLK_USB_CTRL = USB_IS_PLL;
}

static void start_uart(void) {
    leave_reset(RESET_IO_BANK0 | RESET_PADS | RESET_UART0);
    UART_IBRD = UART_DIVISOR / 64U;
    UART_FBRD = UART_DIVISOR % 64U;
    UART_LCR_H = UART_8N1_FIFO; /* also takes over the divisor */
    UART_CR = UART_ON;
    for (uint32_t pin = 0; pin < 2U; ++pin) {
        PAD(pin) = PAD_UART;
        GPIO_CTRL(pin) = FUNCTION_UART;
    }
}

#if defined(__riscv)
static void start_counter(void) {
    __asm__ volatile("csrw 0x320, zero"); /* mcountinhibit: Hazard3's counters stand still after reset */
}

uint32_t bw_platform_ticks(void) {
    uint32_t count;
    __asm__ volatile("csrr %0, 0xB00" : "=r"(count)); /* mcycle */
    return count;
}
#elif defined(BW_RP2350)
/* The Cortex-M33's data watchpoint and trace unit (Armv8-M Architecture Reference Manual, DEMCR and DWT). */
#define DEMCR      BW_REGISTER(0xE000EDFCU)
#define DWT_CTRL   BW_REGISTER(0xE0001000U)
#define DWT_CYCCNT BW_REGISTER(0xE0001004U)

static void start_counter(void) {
    DEMCR |= 1U << 24;
    DWT_CTRL |= 1U;
}

uint32_t bw_platform_ticks(void) { return DWT_CYCCNT; }
#else
/* A Cortex-M0+ has SysTick alone, which wraps after 2^24 cycles, 134 ms. The chip's timer, microseconds of the same
 * crystal, says how often it did. */
#define SYSTICK_CTRL   BW_REGISTER(0xE000E010U)
#define SYSTICK_RELOAD BW_REGISTER(0xE000E014U)
#define SYSTICK_VALUE  BW_REGISTER(0xE000E018U)
#define WATCHDOG_TICK  BW_REGISTER(0x4005802CU) /* crystal periods per microsecond; bit 9: runs */
#define TIMER_LOW      BW_REGISTER(0x40054028U)
#define WRAP           0x1000000U

static uint32_t estimate_at_start;

static uint32_t estimate(void) { return TIMER_LOW * (CORE_HZ / 1000000U); }

static void start_counter(void) {
    WATCHDOG_TICK = 1U << 9 | XOSC_HZ / 1000000U;
    leave_reset(RESET_TIMER);
    SYSTICK_RELOAD = WRAP - 1U;
    SYSTICK_CTRL = 5U; /* runs, from the core's clock */
    SYSTICK_VALUE = 0U;
    estimate_at_start = estimate();
}

uint32_t bw_platform_ticks(void) {
    const uint32_t about = estimate() - estimate_at_start;
    const uint32_t within = (WRAP - 1U - SYSTICK_VALUE) & (WRAP - 1U);
    return within + ((about - within + WRAP / 2U) & ~(WRAP - 1U));
}
#endif

void bw_platform_init(void) {
    start_clocks();
    start_uart();
    start_counter();
    leave_reset(RESET_USB);
    bw_usb_start();
}

uint8_t bw_platform_get(void) {
    for (;;) {
        if (!(UART_FR & UART_RX_EMPTY)) {
            talks_usb = 0;
            return (uint8_t)UART_DR;
        }
        if (bw_usb_has_byte()) {
            talks_usb = 1;
            return bw_usb_take();
        }
    }
}

void bw_platform_put(uint8_t byte) {
    if (talks_usb) {
        bw_usb_put(byte);
        return;
    }
    while (UART_FR & UART_TX_FULL) {
    }
    UART_DR = byte;
}
