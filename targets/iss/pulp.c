/* Peripherals of a PULP system (GAP8, PULPissimo) as far as polling firmware uses them: the frequency-locked loop, the
 * micro-DMA's clock gates and its UART, whose channels move bytes between memory and the line. Registers: archi headers
 * of GreenWaves' gap_sdk and of pulp-runtime (fll_v1.h, udma_v2.h, udma_v3.h, udma_uart_v1.h). */
#include "iss.h"

enum {
    FLL = 0x0000,
    FLL_CONF1 = FLL + 4,
    FLL_END = FLL + 0x10,
    UDMA = 0x2000,
    UDMA_END = 0x4000,
    SOC_CTRL_END = 0x5000
};
enum { RX_ADDRESS = 0x00, RX_SIZE = 0x04, RX_CONFIG = 0x08, TX_ADDRESS = 0x10, TX_SIZE = 0x14, TX_CONFIG = 0x18 };
enum { STATUS = 0x20, SETUP = 0x24, UART_END = 0x28 };
enum { CONTINUOUS = 1 << 0, ENABLE = 1 << 4, CLEAR = 1 << 5 };
enum { SETUP_TX = 1 << 8, SETUP_RX = 1 << 9 };

static uint32_t registers[PULP_PERIPHERALS_SIZE / 4]; /* as written */
static uint32_t rx_next, rx_left;                     /* the receive channel's transfer under way */

/* A byte that has come goes where the channel points; a continuous transfer then starts anew. */
static void receive(hart *hart, const uint32_t *uart) {
    if (rx_left == 0 || (uart[SETUP / 4] & SETUP_RX) == 0 || !line_has_byte()) {
        return;
    }
    store(hart, rx_next++, 1, line_take());
    if (--rx_left == 0 && (uart[RX_CONFIG / 4] & CONTINUOUS) != 0) {
        rx_next = uart[RX_ADDRESS / 4];
        rx_left = uart[RX_SIZE / 4];
    }
}

static void transmit(hart *hart, const uint32_t *uart) {
    if ((uart[SETUP / 4] & SETUP_TX) == 0) {
        fault(hart, "a transfer to a UART that is off, from", uart[TX_ADDRESS / 4]);
    }
    for (uint32_t i = 0; i < uart[TX_SIZE / 4]; ++i) {
        line_put((uint8_t)load(hart, uart[TX_ADDRESS / 4] + i, 1));
    }
}

uint32_t pulp_read(hart *hart, uint32_t offset) {
    const uint32_t *uart = registers + hart->machine->udma_uart / 4;
    switch (offset - hart->machine->udma_uart) {
    case RX_ADDRESS:
        receive(hart, uart);
        return rx_left != 0 ? rx_next : 0;
    case RX_SIZE:
        return rx_left;
    case RX_CONFIG:
        return rx_left != 0 ? uart[RX_CONFIG / 4] & (CONTINUOUS | ENABLE) : 0;
    case TX_CONFIG: /* a transfer is over at once */
    case STATUS:
        return 0;
    default:
        /* The loop's status is the multiplier that it has arrived at. */
        return offset == FLL ? registers[FLL_CONF1 / 4] & 0xffff : registers[offset / 4];
    }
}

void pulp_write(hart *hart, uint32_t offset, uint32_t value) {
    const uint32_t udma_uart = hart->machine->udma_uart, *uart = registers + udma_uart / 4;
    if (offset >= FLL_END && (offset < UDMA || offset >= SOC_CTRL_END)) {
        fault(hart, "no such peripheral of a PULP system: store to", PULP_PERIPHERALS + offset);
    }
    registers[offset / 4] = value;
    if (offset == udma_uart + RX_CONFIG) {
        const bool on = (value & ENABLE) != 0 && (value & CLEAR) == 0;
        rx_next = uart[RX_ADDRESS / 4];
        rx_left = on ? uart[RX_SIZE / 4] : 0;
    } else if (offset == udma_uart + TX_CONFIG && (value & ENABLE) != 0) {
        transmit(hart, uart);
    }
}
