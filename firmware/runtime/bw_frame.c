#include "bw_frame.h"

#include "bw_platform.h"

uint32_t bw_crc32(uint32_t crc, const void *data, uint32_t bytes) {
    static const uint32_t nibble[16] = {
        0x00000000U, 0x1DB71064U, 0x3B6E20C8U, 0x26D930ACU, 0x76DC4190U, 0x6B6B51F4U, 0x4DB26158U, 0x5005713CU,
        0xEDB88320U, 0xF00F9344U, 0xD6D6A3E8U, 0xCB61B38CU, 0x9B64C2B0U, 0x86D3D2D4U, 0xA00AE278U, 0xBDBDF21CU,
    };
    const uint8_t *byte = data;
    crc = ~crc;
    for (uint32_t i = 0; i < bytes; ++i) {
        crc ^= byte[i];
        crc = (crc >> 4) ^ nibble[crc & 15U];
        crc = (crc >> 4) ^ nibble[crc & 15U];
    }
    return ~crc;
}

/* Consistent overhead byte stuffing, decoded as bytes arrive: a code byte counts the bytes up to the next zero. */
int32_t bw_frame_receive(uint8_t *body) {
    uint32_t length = 0, left = 0;
    int started = 0, damaged = 0, zero_follows = 0;
    for (;;) {
        const uint8_t byte = bw_platform_get();
        if (byte == 0) {
            if (started) {
                break;
            }
            continue; /* idle delimiters between frames */
        }
        started = 1;
        if (left == 0) {
            if (zero_follows) {
                if (length < BW_FRAME_BODY + 4U) {
                    body[length++] = 0;
                } else {
                    damaged = 1;
                }
            }
            left = byte - 1U;
            zero_follows = byte != 0xFF;
        } else {
            if (length < BW_FRAME_BODY + 4U) {
                body[length++] = byte;
            } else {
                damaged = 1;
            }
            --left;
        }
    }
    if (damaged || left != 0 || length < 6U) {
        return -1;
    }
    length -= 4;
    const uint32_t sent = (uint32_t)body[length] | (uint32_t)body[length + 1U] << 8 |
                          (uint32_t)body[length + 2U] << 16 | (uint32_t)body[length + 3U] << 24;
    return bw_crc32(0, body, length) == sent ? (int32_t)length : -1;
}

void bw_frame_send(uint8_t *body, uint32_t bytes) {
    const uint32_t crc = bw_crc32(0, body, bytes);
    for (uint32_t i = 0; i < 4U; ++i) {
        body[bytes + i] = (uint8_t)(crc >> (8U * i));
    }
    const uint32_t total = bytes + 4U;
    uint32_t at = 0;
    bw_platform_put(0);
    for (;;) {
        uint32_t run = 0;
        while (at + run < total && run < 254U && body[at + run] != 0) {
            ++run;
        }
        bw_platform_put((uint8_t)(run + 1U));
        for (uint32_t i = 0; i < run; ++i) {
            bw_platform_put(body[at + i]);
        }
        at += run;
        if (run < 254U) {
            if (at >= total) {
                break;
            }
            ++at; /* the zero that the code byte stands for */
        } else if (at >= total) {
            break;
        }
    }
    bw_platform_put(0);
}
