/* Frames of the link: COBS-encoded bytes that end with a CRC-32, delimited by zero bytes. See docs/link.md. */
#ifndef BW_FRAME_H
#define BW_FRAME_H

#include <stdint.h>

/* Most bytes of a tensor in one frame. Two buffers are a little larger than that: less saves RAM and takes longer. */
#ifndef BW_CHUNK
#define BW_CHUNK 512
#endif
#if BW_CHUNK < 64 || BW_CHUNK > 2048
#error "BW_CHUNK must be 64 to 2048"
#endif
#define BW_FRAME_BODY (BW_CHUNK + 12) /* largest frame without its checksum */

/* CRC-32 (IEEE 802.3, reflected) of bytes appended to those of `crc`; start with 0. */
uint32_t bw_crc32(uint32_t crc, const void *data, uint32_t bytes);

/* Waits for a frame. Returns its length without the checksum, or -1 when it arrived damaged. */
int32_t bw_frame_receive(uint8_t *body);

/* Sends `bytes` of body, checksum appended; body needs room for 4 more bytes. */
void bw_frame_send(uint8_t *body, uint32_t bytes);

#endif /* BW_FRAME_H */
