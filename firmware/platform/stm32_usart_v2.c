/* The USART and LPUART of STM32F0, F3, F7, G, H7, L4, L5 and U5 (RM0385, RM0432: chapters USART and LPUART).
 * BW_LPUART: BW_USART is the address of an LPUART, which divides finer. */
#include "bw_stm32.h"

typedef struct {
    volatile uint32_t control_1, control_2, control_3, baud, guard, timeout, request, status, clear, received, data;
} usart;

#define USART                ((usart *)BW_USART)
#define STATUS_RECEIVED      (1U << 5)
#define STATUS_ROOM          (1U << 7)
#define CONTROL_1_ENABLE     (1U << 0)
#define CONTROL_1_RECEIVE    (1U << 2)
#define CONTROL_1_TRANSMIT   (1U << 3)
#define CONTROL_3_NO_OVERRUN (1U << 12)

#ifdef BW_LPUART
#define STEPS 256U
#else
#define STEPS 1U /* 16 samples a bit */
#endif

void bw_platform_init(void) {
    const bw_stm32_clocks clocks = bw_stm32_start();
    bw_stm32_pins();
    USART->baud = (STEPS * clocks.usart + BW_BAUD / 2U) / BW_BAUD;
    USART->control_3 = CONTROL_3_NO_OVERRUN; /* a lost byte spoils its frame, which is sent again, and no other */
    USART->control_1 = CONTROL_1_TRANSMIT | CONTROL_1_RECEIVE;
    USART->control_1 |= CONTROL_1_ENABLE;
    bw_counter_start(clocks.core);
}

uint8_t bw_platform_get(void) {
    while (!(USART->status & STATUS_RECEIVED)) {
    }
    return (uint8_t)USART->received;
}

void bw_platform_put(uint8_t byte) {
    while (!(USART->status & STATUS_ROOM)) {
    }
    USART->data = byte;
}
