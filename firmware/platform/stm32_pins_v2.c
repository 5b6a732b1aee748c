/* The ports of all STM32 but the F1 (RM0090, chapter GPIO). BW_PORTS is the address of port A. */
#include "bw_stm32.h"

typedef struct {
    volatile uint32_t mode, type, speed, pull, input, output, set_reset, lock, function[2];
} port;

#define PORT           ((port *)(BW_PORTS + 0x400U * BW_PORT))
#define MODE_ALTERNATE 2U
#define SPEED_HIGH     2U
#define PULL_UP        1U

static void give(uint32_t pin) {
    bw_change(&PORT->function[pin / 8U], 0xFU << 4U * (pin % 8U), BW_FUNCTION << 4U * (pin % 8U));
    bw_change(&PORT->speed, 3U << 2U * pin, SPEED_HIGH << 2U * pin);
    bw_change(&PORT->pull, 3U << 2U * pin, PULL_UP << 2U * pin); /* silent where nothing is connected */
    bw_change(&PORT->mode, 3U << 2U * pin, MODE_ALTERNATE << 2U * pin);
}

void bw_stm32_pins(void) {
    give(BW_TX);
    give(BW_RX);
}
