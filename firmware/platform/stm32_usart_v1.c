/* The USART of STM32F1, F2, F4 and L1 (RM0008, RM0090: chapter USART). */
#include "bw_stm32.h"

typedef struct {
    volatile uint32_t status, data, baud, control_1, control_2, control_3;
} usart;

#define USART              ((usart *)BW_USART)
#define STATUS_RECEIVED    (1U << 5)
#define STATUS_ROOM        (1U << 7)
#define CONTROL_1_RECEIVE  (1U << 2)
#define CONTROL_1_TRANSMIT (1U << 3)
#define CONTROL_1_ENABLE   (1U << 13)

void bw_platform_init(void) {
    const bw_stm32_clocks clocks = bw_stm32_start();
    bw_stm32_pins();
    USART->baud = (clocks.usart + BW_BAUD / 2U) / BW_BAUD; /* 16 samples a bit */
    USART->control_1 = CONTROL_1_ENABLE | CONTROL_1_TRANSMIT | CONTROL_1_RECEIVE;
    bw_counter_start(clocks.core);
}

/* A received byte that was lost (overrun) clears by the same reading of status and data. */
uint8_t bw_platform_get(void) {
    while (!(USART->status & STATUS_RECEIVED)) {
    }
    return (uint8_t)USART->data;
}

void bw_platform_put(uint8_t byte) {
    while (!(USART->status & STATUS_ROOM)) {
    }
    USART->data = byte;
}
