/* Clock and power of STM32L4+ (RM0432: chapters RCC, PWR and FLASH): 120 MHz by the PLL from the internal oscillator
 * HSI16 (1 % over 0 to 85 degrees), in voltage range 1 with boost. The link's LPUART1 is clocked by HSI16 itself. */
#include "bw_stm32.h"

#define RCC_CR       BW_REGISTER(0x40021000U)
#define RCC_CFGR     BW_REGISTER(0x40021008U)
#define RCC_PLLCFGR  BW_REGISTER(0x4002100CU)
#define RCC_AHB2ENR  BW_REGISTER(0x4002104CU)
#define RCC_APB1ENR1 BW_REGISTER(0x40021058U)
#define RCC_APB1ENR2 BW_REGISTER(0x4002105CU)
#define RCC_CCIPR    BW_REGISTER(0x40021088U)
#define PWR_CR2      BW_REGISTER(0x40007004U)
#define PWR_CR5      BW_REGISTER(0x40007080U)
#define FLASH_ACR    BW_REGISTER(0x40022000U)

#define HSI16_HZ            16000000U
#define MSI_HZ              4000000U /* at reset */
#define CORE_HZ             120000000U
#define CR_HSI16_ON         (1U << 8)
#define CR_HSI16_READY      (1U << 10)
#define CR_PLL_ON           (1U << 24)
#define CR_PLL_READY        (1U << 25)
#define CFGR_SOURCE         3U
#define CFGR_SOURCE_PLL     3U
#define CFGR_STATUS         (3U << 2)
#define CFGR_STATUS_PLL     (3U << 2)
#define CFGR_AHB            (0xFU << 4)
#define CFGR_AHB_HALF       (8U << 4)
#define PLLCFGR_120MHZ      (2U | 1U << 4 | 30U << 8 | 1U << 24) /* HSI16 / 2 * 30 / 2 */
#define APB1ENR1_PWR        (1U << 28)
#define APB1ENR2_LPUART1    (1U << 0)
#define CCIPR_LPUART1       (3U << 10)
#define CCIPR_LPUART1_HSI16 (2U << 10)
#define CR2_VDDIO2_VALID    (1U << 9)
#define CR5_NO_BOOST        (1U << 8)
#define ACR_PREFETCH_CACHES (7U << 8)
#define ACR_LATENCY         15U
#define ACR_LATENCY_120MHZ  5U
#define RAMP_READS          100U /* more than a microsecond */

static int speed_up(void) {
    PWR_CR5 &= ~CR5_NO_BOOST;
    RCC_PLLCFGR = PLLCFGR_120MHZ;
    RCC_CR |= CR_PLL_ON;
    if (!bw_await(&RCC_CR, CR_PLL_READY, CR_PLL_READY)) {
        return 0;
    }
    FLASH_ACR = ACR_PREFETCH_CACHES | ACR_LATENCY_120MHZ;
    if (!bw_await(&FLASH_ACR, ACR_LATENCY, ACR_LATENCY_120MHZ)) {
        return 0;
    }
    /* Beyond 80 MHz in two steps, a microsecond apart. */
    bw_change(&RCC_CFGR, CFGR_AHB, CFGR_AHB_HALF);
    bw_change(&RCC_CFGR, CFGR_SOURCE, CFGR_SOURCE_PLL);
    (void)bw_await(&RCC_CFGR, CFGR_STATUS, CFGR_STATUS_PLL);
    for (uint32_t reads = 0; reads < RAMP_READS; ++reads) {
        (void)RCC_CFGR;
    }
    bw_change(&RCC_CFGR, CFGR_AHB, 0U);
    return 1;
}

bw_stm32_clocks bw_stm32_start(void) {
    RCC_APB1ENR1 |= APB1ENR1_PWR;
    (void)RCC_APB1ENR1; /* the clock is there two cycles later */
    RCC_CR |= CR_HSI16_ON;
    (void)bw_await(&RCC_CR, CR_HSI16_READY, CR_HSI16_READY);
    const int fast = speed_up();
#if BW_PORT == 6
    PWR_CR2 |= CR2_VDDIO2_VALID; /* port G has a supply of its own */
#endif
    bw_change(&RCC_CCIPR, CCIPR_LPUART1, CCIPR_LPUART1_HSI16);
    RCC_AHB2ENR |= 1U << BW_PORT;
    RCC_APB1ENR2 |= APB1ENR2_LPUART1;
    (void)RCC_APB1ENR2;
    return (bw_stm32_clocks){.core = fast ? CORE_HZ : MSI_HZ, .usart = HSI16_HZ};
}
