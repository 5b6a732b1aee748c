/* Windows of neighbouring output pixels in contiguous bytes, for inputs of few channels.
 *
 * Cost: some 20 instructions per window and 10 per row of it where a row is 4 to 12 bytes and no tap is in the padding.
 */
#ifndef BW_COPIES_S8_H
#define BW_COPIES_S8_H

#include "bw_windows_s8.h"

/* `count` windows in a row, the first one at `place`; each takes kernel_h * kernel_w * in_c bytes, padded to words. */
void bw_copy_windows_s8(const bw_window *w, int32_t zero_point, const bw_place *place, int32_t count, int8_t *to);

#endif /* BW_COPIES_S8_H */
