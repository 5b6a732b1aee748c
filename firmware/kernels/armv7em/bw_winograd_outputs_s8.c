#include "bw_winograd_outputs_s8.h"

#include "bw_dsp.h"
#include "bw_pairs_s8.h"

/* A tile's accumulators times four, by row and column. */
typedef struct {
    int32_t y00, y01, y10, y11;
} outputs;

static uint32_t at(const int32_t *sums, int32_t position) { return (uint32_t)sums[2 * BW_TILES * position]; }

/* A'MA, from sums that each include those before. */
static outputs outputs_of(const int32_t *s) {
    const uint32_t s0 = at(s, 0), s1 = at(s, 1), s2 = at(s, 2), s3 = at(s, 3);
    const outputs y = {
        (int32_t)(at(s, 5) - at(s, 12) + at(s, 15)),
        (int32_t)(2 * (s1 - at(s, 13)) - s3 + at(s, 9) + at(s, 14)),
        (int32_t)(2 * (s0 - s2 + at(s, 4)) - at(s, 8)),
        (int32_t)(2 * (s0 - s1 + s2 - at(s, 7) + at(s, 10)) - s3 + at(s, 6) - at(s, 11)),
    };
    return y;
}

/* Where there is no second row or column, its outputs are overwritten at once. */
#define STORE(tile, channel, y, requantize)                                                                            \
    do {                                                                                                               \
        int8_t *const to = (tile)->to + (channel);                                                                     \
        to[(tile)->row + (tile)->column] = requantize((y).y11);                                                        \
        to[(tile)->row] = requantize((y).y10);                                                                         \
        to[(tile)->column] = requantize((y).y01);                                                                      \
        to[0] = requantize((y).y00);                                                                                   \
    } while (0)

void bw_winograd_rectified_s8(const int32_t *sums, const bw_winograd_tile *tiles, const int32_t *head,
                              int32_t channel) {
    const int32_t multiplier = head[0], offset = head[1];
    for (int32_t i = 0; i < BW_TILES; ++i) {
        const outputs y = outputs_of(sums + i);
#define RECTIFY(acc) bw_rectify(acc, multiplier, offset)
        STORE(&tiles[i], channel, y, RECTIFY);
    }
}

void bw_winograd_rounded_s8(const int32_t *sums, const bw_winograd_tile *tiles, const int32_t *head, int32_t channel,
                            int32_t offset) {
    const int32_t multiplier = head[0], shift = head[1];
    for (int32_t i = 0; i < BW_TILES; ++i) {
        const outputs y = outputs_of(sums + i);
#define ROUND(acc) bw_requantize_pair((acc) >> 1, multiplier, shift, offset)
        STORE(&tiles[i], channel, y, ROUND);
    }
}
