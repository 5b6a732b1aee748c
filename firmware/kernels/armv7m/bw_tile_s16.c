/* Tiles of four units and two columns. Cost: 59 instructions per 32 products. */
#include "bw_tile_by_two_s16.h"

/* One weight times the values of both columns. As instructions, for compilers would load ahead what they have no
 * registers for. */
#if defined(__ARM_ARCH) && defined(__thumb2__)
#define UNIT(weight, first, second)                                                                                    \
    do {                                                                                                               \
        int32_t w;                                                                                                     \
        __asm__ volatile("ldrsb %2, %3\n mla %0, %2, %4, %0\n mla %1, %2, %5, %1"                                      \
                         : "+&r"(first), "+&r"(second), "=&r"(w)                                                       \
                         : "m"(weight), "r"(x0), "r"(x1));                                                             \
    } while (0)
#else
#define UNIT(weight, first, second) (first += (weight)*x0, second += (weight)*x1)
#endif

BW_DEFINE_TILES_BY_TWO(UNIT)
