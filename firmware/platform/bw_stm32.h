/* What an STM32 family's own file gives to the files of the peripherals' generations.
 *
 * A board's description defines BW_USART (base address), BW_BAUD, and the pins: BW_PORT (0 is port A), BW_TX and BW_RX
 * (numbers within the port) and BW_FUNCTION (their alternate function).
 */
#ifndef BW_STM32_H
#define BW_STM32_H

#include "bw_cortex_m.h"

/* In Hz. */
typedef struct {
    uint32_t core, usart;
} bw_stm32_clocks;

/* Bring the chip to its speed, and give clock and power to the link's port and USART. Where the fast clock does not
 * come, the chip stays at the slow one, and the result says so. */
bw_stm32_clocks bw_stm32_start(void);

/* Give the link's pins to the USART. */
void bw_stm32_pins(void);

#endif /* BW_STM32_H */
