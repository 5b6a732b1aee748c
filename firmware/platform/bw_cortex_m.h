/* What the files of one Cortex-M platform share. */
#ifndef BW_CORTEX_M_H
#define BW_CORTEX_M_H

#include "bw_platform.h"

#define BW_REGISTER(address) (*(volatile uint32_t *)(address))

/* Start what bw_platform_ticks reads, on a core of that many Hz. */
void bw_counter_start(uint32_t core_hz);

/* Turn on the caches of a Cortex-M7. */
void bw_caches_on(void);

/* Wait until a status bit shows what it should, for some 10 ms at most: a clock that never comes must not stop the
 * firmware. An emulator has its clocks at once or not at all. Returns whether it did. */
#ifdef BW_EMULATED
#define BW_TRIES 1U
#else
#define BW_TRIES 40000U
#endif
static inline int bw_await(volatile const uint32_t *status, uint32_t mask, uint32_t value) {
    for (uint32_t tries = 0; tries < BW_TRIES; ++tries) {
        if ((*status & mask) == value) {
            return 1;
        }
    }
    return 0;
}

/* Change the bits of a mask in a register. */
static inline void bw_change(volatile uint32_t *address, uint32_t mask, uint32_t value) {
    *address = (*address & ~mask) | value;
}

#endif /* BW_CORTEX_M_H */
