/* PULP systems: GreenWaves GAP8 and PULPissimo on an FPGA. The UART behind the micro-DMA, and the core's cycle counter.
 *
 * Received bytes go round a ring by a transfer that never ends: none is lost while the core computes. Registers: GAP8
 * manual, chapters FLL, Pad and micro-DMA, and the archi headers of GreenWaves' gap_sdk (chips/gap8, fll_v1.h,
 * udma_v2.h, udma_uart_v1.h) and of pulp-runtime (chips/pulpissimo, udma_v3.h).
 */
#include "bw_platform.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#ifdef BW_GAP8
#define UDMA_CLOCK_GATES REGISTER(0x1A102780U)
#define UART_ID          4U
#define UART             0x1A102200U
#define PERIPHERAL_HZ    50003968U /* see start_clock */
#define CORE_HZ          PERIPHERAL_HZ
#else
#define UDMA_CLOCK_GATES REGISTER(0x1A102000U)
#define UART_ID          0U
#define UART             0x1A102080U
#define PERIPHERAL_HZ    BW_PERIPHERAL_HZ
#define CORE_HZ          BW_CORE_HZ
#endif

#define RX_ADDRESS REGISTER(UART + 0x00U) /* reads where the next byte goes; 0 between two transfers */
#define RX_SIZE    REGISTER(UART + 0x04U)
#define RX_CONFIG  REGISTER(UART + 0x08U)
#define TX_ADDRESS REGISTER(UART + 0x10U)
#define TX_SIZE    REGISTER(UART + 0x14U)
#define TX_CONFIG  REGISTER(UART + 0x18U)
#define UART_SETUP REGISTER(UART + 0x24U)
#define CONTINUOUS (1U << 0)
#define ENABLE     (1U << 4)                     /* bytes: bits 2 and 1 are 0 */
#define CLEAR      (1U << 5)                     /* written; read: another transfer waits */
#define SETUP_8N1  (3U << 1 | 1U << 8 | 1U << 9) /* eight bits; transmitter and receiver on */

#define RING 1024U /* more than a frame of the link */

const uint32_t bw_platform_numerator = 1U;
const uint32_t bw_platform_denominator = 1U;
#ifdef BW_EMULATED
const uint32_t bw_platform_unit = 1U;
#else
const uint32_t bw_platform_unit = 2U;
#endif
uint32_t bw_platform_hz(void) { return CORE_HZ; }

static volatile uint8_t ring[RING];
static volatile uint8_t outgoing;
static uint32_t taken; /* of the ring */

#ifdef BW_GAP8
#define FLL_STATUS     REGISTER(0x1A100000U) /* bits 15 to 0: the multiplier that the loop has arrived at */
#define FLL_CONF1      REGISTER(0x1A100004U)
#define FLL_CONF2      REGISTER(0x1A100008U)
#define FLL_INTEGRATOR REGISTER(0x1A10000CU)
#define FLL_CLOSED     (1U << 31)
#define FLL_LOCK       (1U << 30)
#define MULTIPLIER     6104U /* of the reference, 32768 Hz; divided by 2^(3 - 1): 50,003,968 Hz */
#define DIVIDER        3U
#define TOLERANCE      0x50U
#define PADS_32_TO_47  REGISTER(0x1A104148U) /* two bits each; 0: the pad's own function */
#define UART_PADS      (3U << 12 | 3U << 14) /* 38: RX, 39: TX */

#define ICACHE_ENABLE REGISTER(0x1B201400U) /* of the fabric controller, one bit for each bank */

static void start_clock(void) {
    ICACHE_ENABLE = 0xFFFFFFFFU;
    if (!(FLL_CONF1 & FLL_CLOSED)) {
        FLL_CONF2 = (FLL_CONF2 & 0xF00003FFU) | TOLERANCE << 16 | 6U << 10; /* locked after six periods within it */
        FLL_INTEGRATOR = 332U << 16;                                        /* starts near 70 MHz */
    }
    FLL_CONF1 = FLL_CLOSED | FLL_LOCK | DIVIDER << 26 | MULTIPLIER;
    while ((FLL_STATUS & 0xFFFFU) - (MULTIPLIER - TOLERANCE) > 2U * TOLERANCE) {
    }
    PADS_32_TO_47 &= ~UART_PADS;
}

/* RI5CY's performance counters: PCER picks the event, PCMR turns counting on, PCCR0 holds the cycles. */
static void start_counter(void) {
    __asm__ volatile("csrw 0x7A0, %0\n\t"
                     "csrw 0x7A1, %0"
                     :
                     : "r"(1));
}

uint32_t bw_platform_ticks(void) {
    uint32_t count;
    __asm__ volatile("csrr %0, 0x780" : "=r"(count));
    return count;
}
#else
static void start_clock(void) {} /* the FPGA's clocks are fixed, and its pads are wired */

static void start_counter(void) {
    __asm__ volatile("csrw 0x320, zero"); /* mcountinhibit: the counters of CV32E40P stand still after reset */
}

uint32_t bw_platform_ticks(void) {
    uint32_t count;
    __asm__ volatile("csrr %0, 0xB00" : "=r"(count)); /* mcycle */
    return count;
}
#endif

void bw_platform_init(void) {
    start_clock();
    UDMA_CLOCK_GATES |= 1U << UART_ID;
    UART_SETUP =
        ((PERIPHERAL_HZ + BW_BAUD / 2U) / BW_BAUD - 1U) << 16 | SETUP_8N1; /* baud rate = clock / (divider + 1) */
    RX_CONFIG = CLEAR;
    RX_ADDRESS = (uint32_t)(uintptr_t)ring;
    RX_SIZE = RING;
    RX_CONFIG = ENABLE | CONTINUOUS;
    start_counter();
}

uint8_t bw_platform_get(void) {
    for (;;) {
        const uint32_t arrived = RX_ADDRESS - (uint32_t)(uintptr_t)ring;
        if (arrived <= RING && arrived % RING != taken) {
            const uint8_t byte = ring[taken];
            taken = (taken + 1U) % RING;
            return byte;
        }
    }
}

void bw_platform_put(uint8_t byte) {
    while (TX_CONFIG & (ENABLE | CLEAR)) {
    }
    outgoing = byte;
    TX_ADDRESS = (uint32_t)(uintptr_t)&outgoing;
    TX_SIZE = 1U;
    TX_CONFIG = ENABLE;
}
