/* What the files of the RP2040's and RP2350's platform share. */
#ifndef BW_RP2_H
#define BW_RP2_H

#include <stdint.h>

#define BW_REGISTER(address) (*(volatile uint32_t *)(address))

/* Writes to a register + 0x2000 set bits of it, to a register + 0x3000 clear them (both datasheets, section 2.1). */
#define BW_SET   0x2000U
#define BW_CLEAR 0x3000U

/* rp2_usb.c: a serial port on the chip's own USB connector. It needs its clock of 48 MHz, and its block out of reset.
 */
void bw_usb_start(void);
int bw_usb_has_byte(void); /* also answers the host's control requests */
uint8_t bw_usb_take(void);
void bw_usb_put(uint8_t byte); /* sent with the next zero byte, or with a full packet */

#endif /* BW_RP2_H */
