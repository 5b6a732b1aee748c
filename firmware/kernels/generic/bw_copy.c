#include "bw_copy.h"

#include "bw_bytes.h"

void bw_copy(const bw_copy_params *p, const void *input, void *output) { bw_move_bytes(output, input, p->bytes); }
