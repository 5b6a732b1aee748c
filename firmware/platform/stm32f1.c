/* Clock of STM32F100 (RM0041: chapter RCC): 24 MHz, all that it does, of the internal oscillator HSI (8 MHz, 1 % at
 * room temperature) by the PLL; its flash needs no wait states. The USART is on APB2, at BW_USART_BIT. */
#include "bw_stm32.h"

#define RCC_CR      BW_REGISTER(0x40021000U)
#define RCC_CFGR    BW_REGISTER(0x40021004U)
#define RCC_APB2ENR BW_REGISTER(0x40021018U)

#define HSI_HZ          8000000U
#define CR_PLL_ON       (1U << 24)
#define CR_PLL_READY    (1U << 25)
#define CFGR_PLL        (1U << 16 | 0xFU << 18)
#define CFGR_PLL_TIMES6 (4U << 18) /* of HSI / 2 */
#define CFGR_SOURCE     3U
#define CFGR_SOURCE_PLL 2U
#define CFGR_STATUS     (3U << 2)
#define CFGR_STATUS_PLL (2U << 2)

static int speed_up(void) {
    bw_change(&RCC_CFGR, CFGR_PLL, CFGR_PLL_TIMES6);
    RCC_CR |= CR_PLL_ON;
    if (!bw_await(&RCC_CR, CR_PLL_READY, CR_PLL_READY)) {
        return 0;
    }
    bw_change(&RCC_CFGR, CFGR_SOURCE, CFGR_SOURCE_PLL);
    (void)bw_await(&RCC_CFGR, CFGR_STATUS, CFGR_STATUS_PLL);
    return 1;
}

bw_stm32_clocks bw_stm32_start(void) {
    const int fast = speed_up();
    RCC_APB2ENR |= 1U << (2U + BW_PORT) | 1U << BW_USART_BIT;
    (void)RCC_APB2ENR; /* the clock is there two cycles later */
    const uint32_t hz = fast ? HSI_HZ / 2U * 6U : HSI_HZ;
    return (bw_stm32_clocks){.core = hz, .usart = hz};
}
