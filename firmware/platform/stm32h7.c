/* Clock of STM32H742, H743 and H753 with the LDO as supply (RM0433: chapters RCC, PWR and FLASH): the core at 400 MHz
 * by PLL1 from the internal oscillator HSI (64 MHz, 1 % at room temperature), voltage scale 1; buses of domain 1 at
 * 200, peripherals at 100 MHz. The USART is one of APB1 (domain 2), at BW_USART_BIT; the ports are in domain 3. */
#include "bw_stm32.h"

#define RCC_CR        BW_REGISTER(0x58024400U)
#define RCC_CFGR      BW_REGISTER(0x58024410U)
#define RCC_D1CFGR    BW_REGISTER(0x58024418U)
#define RCC_D2CFGR    BW_REGISTER(0x5802441CU)
#define RCC_D3CFGR    BW_REGISTER(0x58024420U)
#define RCC_PLLCKSELR BW_REGISTER(0x58024428U)
#define RCC_PLLCFGR   BW_REGISTER(0x5802442CU)
#define RCC_PLL1DIVR  BW_REGISTER(0x58024430U)
#define RCC_AHB4ENR   BW_REGISTER(0x580244E0U)
#define RCC_APB1LENR  BW_REGISTER(0x580244E8U)
#define PWR_CSR1      BW_REGISTER(0x58024804U)
#define PWR_CR3       BW_REGISTER(0x5802480CU)
#define PWR_D3CR      BW_REGISTER(0x58024818U)
#define FLASH_ACR     BW_REGISTER(0x52002000U)

#define HSI_HZ            64000000U
#define CORE_HZ           400000000U
#define CR_PLL1_ON        (1U << 24)
#define CR_PLL1_READY     (1U << 25)
#define CFGR_SOURCE       7U
#define CFGR_SOURCE_PLL1  3U
#define CFGR_STATUS       (7U << 3)
#define CFGR_STATUS_PLL1  (3U << 3)
#define CR3_SUPPLY        7U
#define CR3_SUPPLY_LDO    2U
#define CSR1_SCALE_READY  (1U << 13)
#define D3CR_SCALE_1      (3U << 14)
#define D3CR_SCALE_READY  (1U << 13)
#define PLLCKSELR_PLL1    (3U | 63U << 4)
#define PLLCKSELR_HSI_BY4 (4U << 4)
#define PLLCFGR_PLL1      15U
#define PLLCFGR_8_TO_16   (3U << 2)                             /* MHz at the PLL's input; its wide VCO */
#define PLL1DIVR_400MHZ   (49U | 1U << 9 | 7U << 16 | 7U << 24) /* 16 MHz * 50 / 2; the other outputs / 8 */
#define ACR_200MHZ        (2U | 2U << 4)                        /* wait states, programming delay */
#define D1CFGR_2_2        (8U | 4U << 4)                        /* bus and peripherals: halved each */
#define D2CFGR_2_2        (4U << 4 | 4U << 8)
#define D3CFGR_2          (4U << 4)

static int speed_up(void) {
    bw_change(&PWR_CR3, CR3_SUPPLY, CR3_SUPPLY_LDO); /* the first write alone counts; the scale stays locked before */
    if (!bw_await(&PWR_CSR1, CSR1_SCALE_READY, CSR1_SCALE_READY)) {
        return 0;
    }
    PWR_D3CR |= D3CR_SCALE_1;
    if (!bw_await(&PWR_D3CR, D3CR_SCALE_READY, D3CR_SCALE_READY)) {
        return 0;
    }
    bw_change(&RCC_PLLCKSELR, PLLCKSELR_PLL1, PLLCKSELR_HSI_BY4);
    bw_change(&RCC_PLLCFGR, PLLCFGR_PLL1, PLLCFGR_8_TO_16);
    RCC_PLL1DIVR = PLL1DIVR_400MHZ;
    RCC_CR |= CR_PLL1_ON;
    if (!bw_await(&RCC_CR, CR_PLL1_READY, CR_PLL1_READY)) {
        return 0;
    }
    FLASH_ACR = ACR_200MHZ;
    if (!bw_await(&FLASH_ACR, 0x3FU, ACR_200MHZ)) {
        return 0;
    }
    RCC_D1CFGR = D1CFGR_2_2;
    RCC_D2CFGR = D2CFGR_2_2;
    RCC_D3CFGR = D3CFGR_2;
    bw_change(&RCC_CFGR, CFGR_SOURCE, CFGR_SOURCE_PLL1);
    (void)bw_await(&RCC_CFGR, CFGR_STATUS, CFGR_STATUS_PLL1);
    return 1;
}

bw_stm32_clocks bw_stm32_start(void) {
    const int fast = speed_up();
    bw_caches_on();
    RCC_AHB4ENR |= 1U << BW_PORT;
    RCC_APB1LENR |= 1U << BW_USART_BIT;
    (void)RCC_APB1LENR; /* the clock is there two cycles later */
    return fast ? (bw_stm32_clocks){.core = CORE_HZ, .usart = CORE_HZ / 4U}
                : (bw_stm32_clocks){.core = HSI_HZ, .usart = HSI_HZ};
}
