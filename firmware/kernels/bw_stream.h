/* Copies of weights that a layer needs next, from slow memory into its scratch while it computes with those before.
 *
 * The functions here copy at once, and are weak: define your own of the same names to have a DMA controller copy. Runs
 * are multiples of four bytes long and aligned to four bytes; each goes to where nothing is read until the wait.
 */
#ifndef BW_STREAM_H
#define BW_STREAM_H

#include <stdint.h>

/* Begin to copy; may be called again before the copy is complete. */
void bw_stream_start(void *to, const void *from, int32_t size);

/* Return when all copies that were begun are complete. */
void bw_stream_wait(void);

#endif /* BW_STREAM_H */
