/* The ports of STM32F1 (RM0041, chapter GPIO). BW_PORTS is the address of port A. */
#include "bw_stm32.h"

typedef struct {
    volatile uint32_t mode[2], input, output, set_reset, reset, lock;
} port;

#define PORT               ((port *)(BW_PORTS + 0x400U * BW_PORT))
#define ALTERNATE_PUSHPULL 0xBU
#define INPUT_PULLED       0x8U

static void give(uint32_t pin, uint32_t mode) {
    bw_change(&PORT->mode[pin / 8U], 0xFU << 4U * (pin % 8U), mode << 4U * (pin % 8U));
}

void bw_stm32_pins(void) {
    PORT->set_reset = 1U << BW_RX; /* pulled up */
    give(BW_TX, ALTERNATE_PUSHPULL);
    give(BW_RX, INPUT_PULLED);
}
