/* What each chip family provides to the harness. */
#ifndef BW_PLATFORM_H
#define BW_PLATFORM_H

#include <stdint.h>

void bw_platform_init(void);
uint8_t bw_platform_get(void); /* next byte of the link, waiting for it */
void bw_platform_put(uint8_t byte);

/* A free-running counter: ticks * numerator / denominator are units, both 0 where nothing is counted. */
uint32_t bw_platform_ticks(void);
extern const uint32_t bw_platform_numerator, bw_platform_denominator;
extern const uint32_t bw_platform_unit; /* what ticks become: 0 nothing, 1 instructions, 2 cycles */

/* How many cores run a model together, and how they find and wait for each other (bw_cores.h says more). */
#ifndef BW_CORES
#define BW_CORES 1
#endif
#if BW_CORES > 1
int32_t bw_core_id(void);
void bw_barrier(void);
void bw_core_main(void); /* what all cores but the first execute; defined by the harness */
#else
static inline int32_t bw_core_id(void) { return 0; }
static inline void bw_barrier(void) {}
#endif

/* Executes a loop of exactly 3 * n instructions, n >= 1; tests the counter. */
void bw_platform_loop(uint32_t n);

/* The caller's stack pointer and the lowest address that the stack may reach; NULL where the stack is not measured. */
uint32_t *bw_platform_stack_pointer(void);
uint32_t *bw_platform_stack_limit(void);

/* Ticks per second, in the emulator's time where there is one. */
uint32_t bw_platform_hz(void);

/* Sets the pin that marks time for an energy monitor; called only by firmware that is built with BW_MLPERF_ENERGY. */
void bw_platform_pin(uint32_t level);

#endif /* BW_PLATFORM_H */
