/* Clock of STM32F4 and F7 (RM0090, RM0390, RM0385: chapters RCC, PWR and FLASH).
 *
 * The PLL makes BW_MHZ of the internal oscillator HSI (16 MHz, 1 % at room temperature), so that no crystal is needed.
 * A board defines BW_MHZ (even, at most what the chip does), BW_OVERDRIVE where that speed needs it, BW_FLASH_ACCESS
 * (bits of FLASH_ACR beside the wait states), BW_CACHES where the core has caches, and where the USART is: BW_USART_BUS
 * (1 or 2, of APB) and BW_USART_BIT.
 */
#include "bw_stm32.h"

#define RCC_CR      BW_REGISTER(0x40023800U)
#define RCC_PLLCFGR BW_REGISTER(0x40023804U)
#define RCC_CFGR    BW_REGISTER(0x40023808U)
#define RCC_AHB1ENR BW_REGISTER(0x40023830U)
#define RCC_APB1ENR BW_REGISTER(0x40023840U)
#define RCC_APB2ENR BW_REGISTER(0x40023844U)
#define FLASH_ACR   BW_REGISTER(0x40023C00U)
#define PWR_CR      BW_REGISTER(0x40007000U)
#define PWR_CSR     BW_REGISTER(0x40007004U)

#if BW_USART_BUS == 1
#define USART_ENR     RCC_APB1ENR
#define USART_DIVIDER 4U
#else
#define USART_ENR     RCC_APB2ENR
#define USART_DIVIDER 2U
#endif

#define HSI_HZ          16000000U
#define CORE_HZ         (BW_MHZ * 1000000U)
#define CR_PLL_ON       (1U << 24)
#define CR_PLL_READY    (1U << 25)
#define APB1ENR_PWR     (1U << 28)
#define CFGR_SOURCE     3U
#define CFGR_SOURCE_PLL 2U
#define CFGR_STATUS     (3U << 2)
#define CFGR_STATUS_PLL (2U << 2)
#define CFGR_APB        (7U << 10 | 7U << 13)
#define CFGR_APB_4_2    (5U << 10 | 4U << 13) /* APB1 a quarter, APB2 half of the core's clock */
#define OVERDRIVE       16
#define OVERDRIVE_USE   17

#ifdef BW_OVERDRIVE
/* With the PLL running and not yet used. */
static int overdrive(void) {
    RCC_APB1ENR |= APB1ENR_PWR;
    (void)RCC_APB1ENR; /* the clock is there two cycles later */
    PWR_CR |= 1U << OVERDRIVE;
    if (!bw_await(&PWR_CSR, 1U << OVERDRIVE, 1U << OVERDRIVE)) {
        return 0;
    }
    PWR_CR |= 1U << OVERDRIVE_USE;
    return bw_await(&PWR_CSR, 1U << OVERDRIVE_USE, 1U << OVERDRIVE_USE);
}
#else
static int overdrive(void) { return 1; }
#endif

static int speed_up(void) {
    const uint32_t wait_states = (BW_MHZ - 1U) / 30U; /* at 2.7 V and more, in voltage scale 1 as at reset */
    /* 16 MHz / 16 * 2 BW_MHZ / 2; the last two fields (divisors Q and R) stay in their range */
    RCC_PLLCFGR = 16U | 2U * BW_MHZ << 6 | 9U << 24 | 2U << 28;
    RCC_CR |= CR_PLL_ON;
    if (!bw_await(&RCC_CR, CR_PLL_READY, CR_PLL_READY) || !overdrive()) {
        return 0;
    }
    FLASH_ACR = wait_states | BW_FLASH_ACCESS;
    if (!bw_await(&FLASH_ACR, 15U, wait_states)) {
        return 0;
    }
    bw_change(&RCC_CFGR, CFGR_APB, CFGR_APB_4_2);
    bw_change(&RCC_CFGR, CFGR_SOURCE, CFGR_SOURCE_PLL);
    (void)bw_await(&RCC_CFGR, CFGR_STATUS, CFGR_STATUS_PLL);
    return 1;
}

bw_stm32_clocks bw_stm32_start(void) {
    const int fast = speed_up();
#ifdef BW_CACHES
    bw_caches_on();
#endif
    RCC_AHB1ENR |= 1U << BW_PORT;
    USART_ENR |= 1U << BW_USART_BIT;
    (void)USART_ENR; /* the clock is there two cycles later */
    return fast ? (bw_stm32_clocks){.core = CORE_HZ, .usart = CORE_HZ / USART_DIVIDER}
                : (bw_stm32_clocks){.core = HSI_HZ, .usart = HSI_HZ};
}
