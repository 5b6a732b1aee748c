/* What the harness knows of a generated model; bw_models.c, generated with it, defines the tables. */
#ifndef BW_MODEL_H
#define BW_MODEL_H

#include <stdint.h>

typedef struct {
    void *data;
    uint32_t bytes;
} bw_buffer;

typedef struct {
    const char *name;
    uint8_t build_id[16]; /* hash of the generated sources */
    uint16_t inputs, outputs;
    uint16_t points; /* trace points of one run */
    const bw_buffer *input;
    const bw_buffer *output;
    void (*reset)(void); /* NULL where there is no state */
    void (*run)(void);
} bw_model;

/* One trace point: checksum of the tensor, in how many parts it came, and what was counted since the points before
 * them, on the core with the most and on all cores. */
typedef struct {
    uint32_t crc;
    uint32_t count;
    uint32_t all_cores;
    uint32_t parts;
} bw_point;

extern const bw_model *const bw_models[];
extern const uint16_t bw_model_count;
extern bw_point bw_points[];

#endif /* BW_MODEL_H */
