/* All steps of sequences of so many steps each, which are clamped to 0 and `steps`, from a state of int16 or int8.
 *
 * The output is the zero point beyond a sequence's steps, of which a reversed layer takes the last one first; the state
 * of a sequence without steps becomes zeros.
 */
#ifndef BW_RECURRENT_LENGTHS_S8_H
#define BW_RECURRENT_LENGTHS_S8_H

#include "bw_recurrent_s8.h"

void bw_recurrent_lengths_s8(const bw_recurrent_s8_params *p, const int32_t *lengths, const void *input, void *output,
                             void *state, void *scratch);

#endif /* BW_RECURRENT_LENGTHS_S8_H */
