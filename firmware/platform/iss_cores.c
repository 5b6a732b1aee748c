/* Several cores of Bitwright's instruction-set simulator: a store to its barrier stops a core until all have stored, as
 * the event unit of a PULP cluster does. */
#include "bw_cores.h"

#define BARRIER ((volatile uint32_t *)0x10001000U)

int32_t bw_core_id(void) {
    int32_t id;
    __asm__("csrr %0, 0xF14" : "=r"(id)); /* mhartid */
    return id;
}

void bw_barrier(void) {
    __asm__ volatile("" ::: "memory"); /* nothing stays in registers that others are to see */
    *BARRIER = 0;
    __asm__ volatile("" ::: "memory");
}
