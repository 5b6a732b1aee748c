/* Espressif ESP32-C3 and ESP32-C6: UART0 and the USB serial port, watchdogs, the cycle counter.
 *
 * The firmware takes the place of the second-stage boot loader, at the start of the flash: the boot ROM checks it,
 * loads all of it into RAM and enters it, on every revision of both chips and without ESP-IDF. (Booting directly from
 * flash needs revision 3 of the ESP32-C3, and its cycles would count the cache's misses.) What the ROM leaves behind is
 * used as it is: UART0 on its pins, and the core's clock, the crystal's 40 MHz or a part of it.
 *
 * Registers: technical reference manuals of the ESP32-C3 and the ESP32-C6, chapters Watchdog Timers, UART Controller
 * and USB Serial/JTAG Controller; CSRs of the counter: chapter ESP-RISC-V CPU; names and addresses as in ESP-IDF's
 * headers.
 */
#include "bw_platform.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#ifdef BW_ESP32C6
#define TIMG0             0x60008000U
#define RTC_WDT_CONFIG0   REGISTER(0x600B1C00U)
#define RTC_WDT_WPROTECT  REGISTER(0x600B1C18U)
#define SUPER_WDT_CONFIG  REGISTER(0x600B1C1CU)
#define SUPER_WDT_PROTECT REGISTER(0x600B1C20U)
#define SUPER_WDT_KEY     0x50D83AA1U
#define SUPER_WDT_FEED    (1U << 18)
#define USB_SERIAL        0x6000F000U
#else
#define TIMG0             0x6001F000U
#define RTC_WDT_CONFIG0   REGISTER(0x60008090U)
#define RTC_WDT_WPROTECT  REGISTER(0x600080A8U)
#define SUPER_WDT_CONFIG  REGISTER(0x600080ACU)
#define SUPER_WDT_PROTECT REGISTER(0x600080B0U)
#define SUPER_WDT_KEY     0x8F1D312AU
#define SUPER_WDT_FEED    (1U << 31)
#define USB_SERIAL        0x60043000U
#endif

#define TIMG0_WDT_CONFIG0  REGISTER(TIMG0 + 0x48U)
#define TIMG0_WDT_WPROTECT REGISTER(TIMG0 + 0x64U)
#define WDT_KEY            0x50D83AA1U /* opens a watchdog's registers; anything else closes them */

#define UART_FIFO    REGISTER(0x60000000U)
#define UART_CLKDIV  REGISTER(0x60000014U) /* bits 11 to 0, and sixteenths in bits 23 to 20 */
#define UART_STATUS  REGISTER(0x6000001CU) /* bytes received in bits 7 to 0, to be sent in bits 23 to 16 */
#define UART_UPDATE  REGISTER(0x60000098U) /* ESP32-C6: bit 0 takes settings over, and reads 0 when it has */
#define UART_TX_FIFO 128U
#define XTAL_HZ      40000000U
#define UART_DIVISOR ((XTAL_HZ * 16U + BW_BAUD / 2U) / BW_BAUD) /* in sixteenths */

#define USB_DATA       REGISTER(USB_SERIAL + 0x0U)
#define USB_CONF       REGISTER(USB_SERIAL + 0x4U)
#define USB_WRITE_DONE 1U /* what was written goes out though it does not fill a packet */
#define USB_CAN_WRITE  (1U << 1)
#define USB_CAN_READ   (1U << 2)

const uint32_t bw_platform_numerator = 1U;
const uint32_t bw_platform_denominator = 1U;
const uint32_t bw_platform_unit = 2U;

static int talks_usb; /* where the last byte came from: answers go there */

/* The boot ROM has started them, lest an image that does not run stay. */
static void stop_watchdogs(void) {
    RTC_WDT_WPROTECT = WDT_KEY;
    RTC_WDT_CONFIG0 = 0U;
    RTC_WDT_WPROTECT = 0U;
    TIMG0_WDT_WPROTECT = WDT_KEY;
    TIMG0_WDT_CONFIG0 = 0U;
    TIMG0_WDT_WPROTECT = 0U;
    SUPER_WDT_PROTECT = SUPER_WDT_KEY;
    SUPER_WDT_CONFIG |= SUPER_WDT_FEED; /* it cannot be stopped, but feeds itself */
    SUPER_WDT_PROTECT = 0U;
}

void bw_platform_init(void) {
    stop_watchdogs();
    UART_CLKDIV = (UART_DIVISOR % 16U) << 20 | UART_DIVISOR / 16U; /* the ROM's own, whatever was set since */
#ifdef BW_ESP32C6
    UART_UPDATE = 1U;
    while (UART_UPDATE & 1U) {
    }
#endif
    __asm__ volatile("csrw 0x7E0, %0\n\t" /* mpcer: cycles are the event counted */
                     "csrw 0x7E1, %0"     /* mpcmr: count */
                     :
                     : "r"(1));
}

uint8_t bw_platform_get(void) {
    for (;;) {
        if (UART_STATUS & 0xFFU) {
            talks_usb = 0;
            return (uint8_t)UART_FIFO;
        }
        if (USB_CONF & USB_CAN_READ) {
            talks_usb = 1;
            return (uint8_t)USB_DATA;
        }
    }
}

static void put_usb(uint8_t byte) {
    while (!(USB_CONF & USB_CAN_WRITE)) {
    }
    USB_DATA = byte;
    if (byte == 0U) { /* frames end with a zero */
        USB_CONF = USB_WRITE_DONE;
    }
}

void bw_platform_put(uint8_t byte) {
    if (talks_usb) {
        put_usb(byte);
        return;
    }
    while ((UART_STATUS >> 16 & 0xFFU) >= UART_TX_FIFO - 1U) {
    }
    UART_FIFO = byte;
}

uint32_t bw_platform_ticks(void) {
    uint32_t count;
    __asm__ volatile("csrr %0, 0x7E2" : "=r"(count)); /* mpccr */
    return count;
}
