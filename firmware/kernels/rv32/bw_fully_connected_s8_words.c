#include "bw_fully_connected_s8_words.h"

#define UNITS 8

/* Where a group's sums start, so that lower halves are not negative once they are taken apart. */
#define HALF  UINT32_C(0x8000)
#define START (HALF + (HALF << 8))

/* A word's bytes and its odd bytes times x, added to two sums. As instructions, for compilers would compute ahead what
 * they have no registers for. */
#ifdef __riscv
#define WORD(word, all, odd)                                                                                           \
    do {                                                                                                               \
        uint32_t w, t;                                                                                                 \
        __asm__ volatile("lw %2, %4\n\tmul %3, %2, %5\n\tadd %0, %0, %3\n\tsrli %2, %2, 8\n\tand %2, %2, %6\n\t"       \
                         "mul %2, %2, %5\n\tadd %1, %1, %2"                                                            \
                         : "+&r"(all), "+&r"(odd), "=&r"(w), "=&r"(t)                                                  \
                         : "m"(word), "r"(x), "r"(mask));                                                              \
    } while (0)
#else
#define WORD(word, all, odd)                                                                                           \
    (all += (uint32_t)(word) * (uint32_t)x, odd += ((uint32_t)(word) >> 8 & mask) * (uint32_t)x)
#endif

#define INPUT(k)                                                                                                       \
    do {                                                                                                               \
        const int32_t x = input[k];                                                                                    \
        total += (uint32_t)x;                                                                                          \
        WORD(weights[2 * (k)], all0, some0);                                                                           \
        WORD(weights[2 * (k) + 1], all1, some1);                                                                       \
    } while (0)

/* Sums of pairs, first and second: those of the second are upper, those of the first pair less 65536 * upper. */
typedef struct {
    uint32_t pair, upper;
} sums;

static inline void add(sums *to, uint32_t pair) {
    to->pair += pair;
    to->upper += (uint32_t)((int32_t)pair >> 16);
}

/* One word's units from its sums over a group; what 128 times the group's inputs add to the odd ones. */
static inline void take_apart(uint32_t all, uint32_t odd, uint32_t excess, sums *even_sums, sums *odd_sums) {
    odd -= excess;
    all -= excess + (excess << 8);
    add(odd_sums, odd);
    add(even_sums, all - (odd << 8));
}

/* Eight units' dot products; the next eight's groups. A function of its own, so that nothing but the sums wants a
 * register. */
__attribute__((noinline)) static const uint8_t *eight(const int32_t *weights, const uint8_t *group, const int8_t *input,
                                                      int32_t depth, uint32_t *dot) {
    const uint32_t mask = 0x00FF00FFU;
    sums even0 = {0, 0}, odd0 = {0, 0}, even1 = {0, 0}, odd1 = {0, 0};
    for (const int8_t *end = input + depth; input != end;) {
        uint32_t all0 = START, all1 = START, some0 = HALF, some1 = HALF, total = 0;
        const int32_t fours = *group++;
        if (fours == 0) {
            INPUT(0);
            INPUT(1);
            input += 2, weights += 4;
        }
        for (const int8_t *last = input + 4 * fours; input != last; input += 4, weights += 8) {
            INPUT(0);
            INPUT(1);
            INPUT(2);
            INPUT(3);
        }
        take_apart(all0, some0, total * 0x00800080U, &even0, &odd0);
        take_apart(all1, some1, total * 0x00800080U, &even1, &odd1);
    }
    dot[0] = even0.pair - (even0.upper << 16), dot[1] = odd0.pair - (odd0.upper << 16);
    dot[2] = even0.upper, dot[3] = odd0.upper;
    dot[4] = even1.pair - (even1.upper << 16), dot[5] = odd1.pair - (odd1.upper << 16);
    dot[6] = even1.upper, dot[7] = odd1.upper;
    return group;
}

static void outputs(const bw_rescale_rv32 *p, int32_t unit, const uint32_t *dot, int8_t *output) {
    const bw_rescale_rv32 own = *p; /* stays in registers while outputs are written */
    for (int32_t i = 0; i < UNITS; ++i) {
        const bw_rescale_channel k = bw_rescale_of(&own, unit + i);
        output[unit + i] = (int8_t)bw_rescale_sum(&k, dot[i]);
    }
}

void bw_fully_connected_s8_words(const bw_fully_connected_s8_words_params *p, const int8_t *input, int8_t *output) {
    for (int32_t row = 0; row < p->rows; ++row) {
        const int32_t *weights = p->weights;
        const uint8_t *group = p->groups;
        for (int32_t unit = 0; unit < p->units; unit += UNITS, weights += 2 * p->depth) {
            uint32_t dot[UNITS];
            group = eight(weights, group, input, p->depth, dot);
            outputs(&p->rescale, unit, dot, output);
        }
        input += p->depth;
        output += p->units;
    }
}
