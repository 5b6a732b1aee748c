/* Arm MPS2 and MPS3 FPGA images (AN385, AN386, AN500, AN505, AN547): CMSDK UART and a counter.
 *
 * Registers: Arm Cortex-M System Design Kit technical reference manual (APB UART, APB timer); base addresses: the
 * application notes of each image. On the board the timer counts the core's clock: ticks are cycles (of AN547, whose
 * system counter need not, cortex_m_cycles.c counts them). The emulator runs 2^7 ns per instruction, so that one
 * instruction is 128 ns * frequency ticks, more than two on each image: rounding ticks to instructions is exact.
 */
#include "bw_cortex_m.h"

typedef struct {
    volatile uint32_t data, state, control, interrupt, divider;
} cmsdk_uart;

typedef struct {
    volatile uint32_t control, value, reload, interrupt;
} cmsdk_timer;

#define UART          ((cmsdk_uart *)BW_UART)
#define UART_TX_FULL  1U
#define UART_RX_READY 2U

#ifdef BW_EMULATED
/* instructions = ticks * 10^9 / (128 * BW_CORE_HZ) */
#define NUMERATOR   7812500U
#define DENOMINATOR BW_CORE_HZ
#define UNIT        1U
#else
#define NUMERATOR   1U
#define DENOMINATOR 1U
#define UNIT        2U
#endif

#if defined(BW_TIMER)
#define TIMER ((cmsdk_timer *)BW_TIMER)
#define COUNTS_HERE
void bw_counter_start(uint32_t core_hz) {
    (void)core_hz;
    TIMER->reload = 0xFFFFFFFFU;
    TIMER->value = 0xFFFFFFFFU;
    TIMER->control = 1U;
}
uint32_t bw_platform_ticks(void) { return 0U - TIMER->value; }
#elif defined(BW_EMULATED)
/* The system counter of the SSE-300 subsystem: control frame and read-only status frame. */
#define COUNTER_CONTROL BW_REGISTER(0x58100000U)
#define COUNTER_VALUE   BW_REGISTER(0x58101000U)
#define COUNTS_HERE
void bw_counter_start(uint32_t core_hz) {
    (void)core_hz;
    COUNTER_CONTROL = 1U;
}

uint32_t bw_platform_ticks(void) { return COUNTER_VALUE; }
#endif

#ifdef COUNTS_HERE
const uint32_t bw_platform_numerator = NUMERATOR;
const uint32_t bw_platform_denominator = DENOMINATOR;
const uint32_t bw_platform_unit = UNIT;

uint32_t bw_platform_hz(void) { return BW_CORE_HZ; }
#endif

void bw_platform_init(void) {
    UART->divider = (BW_UART_HZ + BW_BAUD / 2U) / BW_BAUD;
    UART->control = 3U; /* transmit and receive */
    (void)UART->data;   /* nothing old; and an emulator looks for input again */
    bw_counter_start(BW_CORE_HZ);
}

uint8_t bw_platform_get(void) {
    while (!(UART->state & UART_RX_READY)) {
    }
    return (uint8_t)UART->data;
}

void bw_platform_put(uint8_t byte) {
    while (UART->state & UART_TX_FULL) {
    }
    UART->data = byte;
}
