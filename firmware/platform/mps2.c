/* Arm MPS2 and MPS3 FPGA images (AN385, AN386, AN500, AN505, AN547): CMSDK UART and a counter.
 *
 * Registers: Arm Cortex-M System Design Kit technical reference manual (APB UART, APB timer); base addresses: the
 * application notes of each image. The emulator runs 2^7 ns per instruction, so that one instruction is
 * 128 ns * frequency ticks, more than two on each image: rounding ticks to instructions is exact.
 */
#include "bw_platform.h"

typedef struct {
    volatile uint32_t data, state, control, interrupt, divider;
} cmsdk_uart;

typedef struct {
    volatile uint32_t control, value, reload, interrupt;
} cmsdk_timer;

#define UART          ((cmsdk_uart *)BW_UART)
#define UART_TX_FULL  1U
#define UART_RX_READY 2U

/* instructions = ticks * 10^9 / (128 * BW_TIMER_HZ) */
const uint32_t bw_platform_numerator = 7812500U;
const uint32_t bw_platform_denominator = BW_TIMER_HZ;
const uint32_t bw_platform_unit = 1;

#ifdef BW_SSE_COUNTER
/* The system counter of the SSE-300 subsystem: control frame and read-only status frame. */
#define COUNTER_CONTROL (*(volatile uint32_t *)0x58100000U)
#define COUNTER_VALUE   (*(volatile uint32_t *)0x58101000U)
static void start_counter(void) { COUNTER_CONTROL = 1U; }
uint32_t bw_platform_ticks(void) { return COUNTER_VALUE; }
#else
#define TIMER ((cmsdk_timer *)BW_TIMER)
static void start_counter(void) {
    TIMER->reload = 0xFFFFFFFFU;
    TIMER->value = 0xFFFFFFFFU;
    TIMER->control = 1U;
}
uint32_t bw_platform_ticks(void) { return 0U - TIMER->value; }
#endif

uint32_t bw_platform_hz(void) { return BW_TIMER_HZ; }

void bw_platform_init(void) {
    UART->divider = 16U;
    UART->control = 3U; /* transmit and receive */
    (void)UART->data;   /* nothing old; and an emulator looks for input again */
    start_counter();
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
