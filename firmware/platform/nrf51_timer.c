/* Nordic nRF51: TIMER0, which counts the 16 MHz that clock the core (nRF51 series reference manual, chapter TIMER): a
 * tick is a cycle. In an emulator an instruction takes 2^7 ns: instructions = ticks * 10^9 / (128 * 16 * 10^6). */
#include "bw_cortex_m.h"

#define TIMER_START     BW_REGISTER(0x40008000U)
#define TIMER_CAPTURE   BW_REGISTER(0x40008040U)
#define TIMER_BITS      BW_REGISTER(0x40008508U)
#define TIMER_PRESCALER BW_REGISTER(0x40008510U)
#define TIMER_VALUE     BW_REGISTER(0x40008540U)

#ifdef BW_EMULATED
const uint32_t bw_platform_numerator = 7812500U;
const uint32_t bw_platform_denominator = 16000000U;
const uint32_t bw_platform_unit = 1; /* instructions */
#else
const uint32_t bw_platform_numerator = 1;
const uint32_t bw_platform_denominator = 1;
const uint32_t bw_platform_unit = 2; /* cycles */
#endif

uint32_t bw_platform_hz(void) { return 16000000U; }

void bw_counter_start(uint32_t core_hz) {
    (void)core_hz;
    TIMER_BITS = 3U; /* 32 */
    TIMER_PRESCALER = 0U;
    TIMER_START = 1U;
}

uint32_t bw_platform_ticks(void) {
    TIMER_CAPTURE = 1U;
    return TIMER_VALUE;
}
