/* Instruction and data cache of a Cortex-M7 (Armv7-M architecture reference manual, chapter on cache maintenance).
 * Nothing but the core writes memory here, so that the data cache needs no further care. */
#include "bw_cortex_m.h"

#define CONTROL           BW_REGISTER(0xE000ED14U) /* CCR */
#define CACHE_SIZE        BW_REGISTER(0xE000ED80U) /* CCSIDR of the cache that CACHE_SELECT names */
#define CACHE_SELECT      BW_REGISTER(0xE000ED84U) /* CSSELR */
#define INVALIDATE_CODE   BW_REGISTER(0xE000EF50U) /* ICIALLU */
#define INVALIDATE_LINE   BW_REGISTER(0xE000EF60U) /* DCISW */
#define INSTRUCTION_CACHE (1U << 17)
#define DATA_CACHE        (1U << 16)
#define DATA_WAYS         4U

static void synchronize(void) { __asm__ volatile("dsb\n\tisb" ::: "memory"); }

void bw_caches_on(void) {
    INVALIDATE_CODE = 0U;
    CACHE_SELECT = 0U; /* the data cache of level 1 */
    synchronize();
    const uint32_t sets = (CACHE_SIZE >> 13 & 0x7FFFU) + 1U;
    for (uint32_t set = 0; set < sets; ++set) {
        for (uint32_t way = 0; way < DATA_WAYS; ++way) {
            INVALIDATE_LINE = way << 30 | set << 5;
        }
    }
    synchronize();
    CONTROL |= INSTRUCTION_CACHE | DATA_CACHE;
    synchronize();
}
