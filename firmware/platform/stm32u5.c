/* Clock and power of STM32U5 without TrustZone (RM0456: chapters RCC, PWR, FLASH and ICACHE): 160 MHz by PLL1 from the
 * internal oscillator HSI16 (1 % at room temperature), voltage range 1 with its booster. The link's USART1 is clocked
 * by HSI16 itself. */
#include "bw_stm32.h"

#define RCC_CR       BW_REGISTER(0x46020C00U)
#define RCC_CFGR1    BW_REGISTER(0x46020C1CU)
#define RCC_PLL1CFGR BW_REGISTER(0x46020C28U)
#define RCC_PLL1DIVR BW_REGISTER(0x46020C34U)
#define RCC_AHB2ENR1 BW_REGISTER(0x46020C8CU)
#define RCC_AHB3ENR  BW_REGISTER(0x46020C94U)
#define RCC_APB2ENR  BW_REGISTER(0x46020CA4U)
#define RCC_CCIPR1   BW_REGISTER(0x46020CE0U)
#define PWR_VOSR     BW_REGISTER(0x4602080CU)
#define FLASH_ACR    BW_REGISTER(0x40022000U)
#define ICACHE_CR    BW_REGISTER(0x40030400U)
#define ICACHE_SR    BW_REGISTER(0x40030404U)

#define HSI16_HZ            16000000U
#define MSI_HZ              4000000U /* at reset */
#define CORE_HZ             160000000U
#define CR_HSI16_ON         (1U << 8)
#define CR_HSI16_READY      (1U << 10)
#define CR_PLL1_ON          (1U << 24)
#define CR_PLL1_READY       (1U << 25)
#define CFGR1_SOURCE        3U
#define CFGR1_SOURCE_PLL1   3U
#define CFGR1_STATUS        (3U << 2)
#define CFGR1_STATUS_PLL1   (3U << 2)
#define PLL1CFGR_HSI16      (2U | 3U << 2 | 1U << 18)             /* 8 to 16 MHz, undivided; output R */
#define PLL1DIVR_160MHZ     (19U | 1U << 9 | 1U << 16 | 1U << 24) /* 16 MHz * 20 / 2 */
#define VOSR_RANGE_1        (3U << 16)
#define VOSR_RANGE_READY    (1U << 15)
#define VOSR_BOOST          (1U << 18)
#define VOSR_BOOST_READY    (1U << 14)
#define ACR_LATENCY         15U
#define ACR_LATENCY_160MHZ  4U
#define ACR_PREFETCH        (1U << 8)
#define AHB3ENR_PWR         (1U << 2)
#define APB2ENR_USART1      (1U << 14)
#define CCIPR1_USART1       3U
#define CCIPR1_USART1_HSI16 2U

static int speed_up(void) {
    PWR_VOSR |= VOSR_RANGE_1;
    if (!bw_await(&PWR_VOSR, VOSR_RANGE_READY, VOSR_RANGE_READY)) {
        return 0;
    }
    RCC_PLL1CFGR = PLL1CFGR_HSI16; /* the booster runs from the PLL's input */
    PWR_VOSR |= VOSR_BOOST;
    if (!bw_await(&PWR_VOSR, VOSR_BOOST_READY, VOSR_BOOST_READY)) {
        return 0;
    }
    RCC_PLL1DIVR = PLL1DIVR_160MHZ;
    RCC_CR |= CR_PLL1_ON;
    if (!bw_await(&RCC_CR, CR_PLL1_READY, CR_PLL1_READY)) {
        return 0;
    }
    FLASH_ACR = ACR_PREFETCH | ACR_LATENCY_160MHZ;
    if (!bw_await(&FLASH_ACR, ACR_LATENCY, ACR_LATENCY_160MHZ)) {
        return 0;
    }
    bw_change(&RCC_CFGR1, CFGR1_SOURCE, CFGR1_SOURCE_PLL1);
    (void)bw_await(&RCC_CFGR1, CFGR1_STATUS, CFGR1_STATUS_PLL1);
    return 1;
}

bw_stm32_clocks bw_stm32_start(void) {
    RCC_AHB3ENR |= AHB3ENR_PWR;
    (void)RCC_AHB3ENR; /* the clock is there two cycles later */
    RCC_CR |= CR_HSI16_ON;
    (void)bw_await(&RCC_CR, CR_HSI16_READY, CR_HSI16_READY);
    const int fast = speed_up();
    (void)bw_await(&ICACHE_SR, 1U, 0U); /* it empties itself after reset */
    ICACHE_CR |= 1U;
    bw_change(&RCC_CCIPR1, CCIPR1_USART1, CCIPR1_USART1_HSI16);
    RCC_AHB2ENR1 |= 1U << BW_PORT;
    RCC_APB2ENR |= APB2ENR_USART1;
    (void)RCC_APB2ENR;
    return (bw_stm32_clocks){.core = fast ? CORE_HZ : MSI_HZ, .usart = HSI16_HZ};
}
