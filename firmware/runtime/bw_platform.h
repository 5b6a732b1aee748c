/* What each chip family provides to the harness. */
#ifndef BW_PLATFORM_H
#define BW_PLATFORM_H

#include <stdint.h>

void bw_platform_init(void);
uint8_t bw_platform_get(void); /* next byte of the link, waiting for it */
void bw_platform_put(uint8_t byte);

/* A free-running counter; instructions = ticks * BW numerator / denominator, both 0 where nothing is counted. */
uint32_t bw_platform_ticks(void);
extern const uint32_t bw_platform_numerator, bw_platform_denominator;

/* Executes a loop of exactly 3 * n instructions, n >= 1; tests the counter. */
void bw_platform_loop(uint32_t n);

/* The caller's stack pointer and the lowest address that the stack may reach; NULL where the stack is not measured. */
uint32_t *bw_platform_stack_pointer(void);
uint32_t *bw_platform_stack_limit(void);

#endif /* BW_PLATFORM_H */
