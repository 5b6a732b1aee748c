/* A serial port on the USB connector of RP2040 and RP2350: a device of the communications class (CDC-ACM) without
 * interrupts. It is served whenever the firmware waits for a byte; while it computes, the host's requests wait.
 *
 * RP2040s of steppings B0 and B1 may miss the end of a reset on a hub with other traffic (erratum RP2040-E5): plug such
 * a board into a port of its own.
 *
 * Registers and the memory of the buffers: RP2040 datasheet, section 4.1; RP2350 datasheet, section 12.7. Descriptors
 * and requests: USB 2.0 specification, chapter 9; Class Definitions for Communications Devices 1.2, PSTN devices 1.2.
 */
#include "bw_rp2.h"

#include <string.h>

#define MEMORY           0x50100000U /* 4 KB: what the host asks, control words, buffers */
#define REGISTERS        0x50110000U
#define ADDRESS          BW_REGISTER(REGISTERS + 0x00U)
#define MAIN_CTRL        BW_REGISTER(REGISTERS + 0x40U) /* bit 0: on; RP2350, bit 2: lines held, as after reset */
#define SIE_CTRL         BW_REGISTER(REGISTERS + 0x4CU)
#define SIE_STATUS       BW_REGISTER(REGISTERS + 0x50U)
#define BUFFER_STATUS    BW_REGISTER(REGISTERS + 0x58U) /* bit 2 * n: endpoint n has sent; next bit: received */
#define STALL_ARM        BW_REGISTER(REGISTERS + 0x68U)
#define MUXING           BW_REGISTER(REGISTERS + 0x74U)
#define POWER            BW_REGISTER(REGISTERS + 0x78U)
#define SIE_PULL_UP      (1U << 16)
#define SIE_EVERY_BUFFER (1U << 29) /* endpoint 0 tells of every buffer */
#define STATUS_SETUP     (1U << 17)
#define STATUS_RESET     (1U << 19)
#define MUXING_PHY       (1U << 0 | 1U << 3)
#define POWER_HAS_VBUS   (1U << 2 | 1U << 3)

#define SETUP_PACKET       ((const volatile uint8_t *)MEMORY)
#define ENDPOINT_IN(n)     BW_REGISTER(MEMORY + 8U * (n))
#define ENDPOINT_OUT(n)    BW_REGISTER(MEMORY + 8U * (n) + 4U)
#define BUFFER_IN(n)       (MEMORY + 0x80U + 8U * (n))
#define BUFFER_OUT(n)      (MEMORY + 0x84U + 8U * (n))
#define ENDPOINT_BULK      (1U << 31 | 1U << 29 | 2U << 26) /* enabled, tells of every buffer */
#define ENDPOINT_INTERRUPT (1U << 31 | 1U << 29 | 3U << 26)
#define CONTROL_DATA       0x100U /* offsets of the buffers */
#define NOTIFY_DATA        0x180U
#define RECEIVE_DATA       0x1C0U
#define SEND_DATA          0x200U
#define BUFFER_FULL        (1U << 15)
#define BUFFER_DATA1       (1U << 13)
#define BUFFER_STALL       (1U << 11)
#define BUFFER_AVAILABLE   (1U << 10)
#define BUFFER_LENGTH      0x3FFU
#define PACKET             64U
#define SENT_CONTROL       (1U << 0)
#define RECEIVED_CONTROL   (1U << 1)
#define SENT_DATA          (1U << 4)
#define RECEIVED_DATA      (1U << 5)

/* Requests: type and code as one number. */
#define GET_STATUS        0x8000U
#define GET_DESCRIPTOR    0x8006U
#define GET_CONFIGURATION 0x8008U
#define SET_ADDRESS       0x0005U
#define SET_CONFIGURATION 0x0009U
#define SET_LINE_CODING   0x2120U
#define GET_LINE_CODING   0xA121U
#define SET_LINE_STATE    0x2122U
#define LINE_OPEN         1U /* "data terminal ready": a program has opened the port */

/* pid.codes' product numbers for tests; the board's description says which. */
#define VENDOR      0x1209U
#define LOW(value)  ((uint8_t)((value)&0xFFU))
#define HIGH(value) ((uint8_t)((value) >> 8))

static const uint8_t device_descriptor[] = {
    18, 1, 0x00, 0x02, 2, 0, 0, PACKET, LOW(VENDOR), HIGH(VENDOR), LOW(BW_USB_PRODUCT), HIGH(BW_USB_PRODUCT),
    0,  1, 1,    2,    0, 1,
};

static const uint8_t configuration_descriptor[] = {
    9, 2,    67,   0,    2,      1,    0,   0x80, 50, /* two interfaces; 100 mA from the bus */
    9, 4,    0,    0,    1,      2,    2,   0,    0,  /* communications, abstract control model */
    5, 0x24, 0,    0x20, 0x01,                        /* of class release 1.2 */
    5, 0x24, 1,    0,    1,                           /* no call management */
    4, 0x24, 2,    2,                                 /* line coding and line state are supported */
    5, 0x24, 6,    0,    1,                           /* interface 0 controls interface 1 */
    7, 5,    0x81, 3,    8,      0,    255,           /* endpoint 1: notifications, of which there are none */
    9, 4,    1,    0,    2,      0x0A, 0,   0,    0,  /* data */
    7, 5,    0x02, 2,    PACKET, 0,    0,             /* endpoint 2, from the host */
    7, 5,    0x82, 2,    PACKET, 0,    0,             /* and to it */
};

static const uint8_t strings[3][22] = {
    {4, 3, 0x09, 0x04}, /* English */
    {20, 3, 'B', 0, 'i', 0, 't', 0, 'w', 0, 'r', 0, 'i', 0, 'g', 0, 'h', 0, 't', 0},
    {18, 3, 'F', 0, 'i', 0, 'r', 0, 'm', 0, 'w', 0, 'a', 0, 'r', 0, 'e', 0},
};

static uint8_t line_coding[7] = {0x00, 0xC2, 0x01, 0x00, 0, 0, 8}; /* 115200, and whatever the host sets */

static const uint8_t *answer; /* what is left of the answer to a control request */
static uint32_t answer_bytes;
static uint32_t control_pid, send_pid, receive_pid;
static uint32_t new_address;
static int configured, opened, coding_follows;
static uint32_t received, received_bytes; /* of the packet in RECEIVE_DATA: taken, and in it */
static uint32_t filled;                   /* of SEND_DATA */
static int sending;

/* Hand a buffer to the controller; its last bit goes in when the others have reached the USB clock (4.1.2.7.1). */
static void give(uint32_t buffer, uint32_t control) {
    BW_REGISTER(buffer) = control;
    __asm__ volatile("nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop" ::: "memory");
    BW_REGISTER(buffer) = control | BUFFER_AVAILABLE;
}

static void to_memory(uint32_t offset, const uint8_t *from, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; ++i) {
        ((volatile uint8_t *)(MEMORY + offset))[i] = from[i];
    }
}

/* The next packet of an answer, which may be empty. */
static void answer_control(void) {
    const uint32_t bytes = answer_bytes < PACKET ? answer_bytes : PACKET;
    to_memory(CONTROL_DATA, answer, bytes);
    answer += bytes;
    answer_bytes -= bytes;
    give(BUFFER_IN(0), bytes | BUFFER_FULL | control_pid);
    control_pid ^= BUFFER_DATA1;
}

static void receive_control(void) { give(BUFFER_OUT(0), PACKET | BUFFER_DATA1); }

static void receive_data(void) {
    received = received_bytes = 0;
    give(BUFFER_OUT(2), PACKET | receive_pid);
    receive_pid ^= BUFFER_DATA1;
}

static void configure(void) {
    send_pid = receive_pid = 0;
    sending = opened = 0;
    filled = 0;
    ENDPOINT_IN(1) = ENDPOINT_INTERRUPT | NOTIFY_DATA;
    ENDPOINT_IN(2) = ENDPOINT_BULK | SEND_DATA;
    ENDPOINT_OUT(2) = ENDPOINT_BULK | RECEIVE_DATA;
    BW_REGISTER(BUFFER_IN(2)) = 0;
    configured = 1;
    receive_data();
}

static void find_descriptor(uint32_t type, uint32_t index) {
    if (type == 1U) {
        answer = device_descriptor;
        answer_bytes = sizeof device_descriptor;
    } else if (type == 2U) {
        answer = configuration_descriptor;
        answer_bytes = sizeof configuration_descriptor;
    } else if (type == 3U && index < 3U) {
        answer = strings[index];
        answer_bytes = strings[index][0];
    }
}

/* Reads the request that has come: finds the answer, or does what is asked. Returns whether it is known. */
static int obey(uint32_t request, uint32_t value) {
    static const uint8_t zeros[2];
    switch (request) {
    case GET_DESCRIPTOR:
        find_descriptor(value >> 8, value & 0xFFU);
        return answer_bytes != 0U;
    case GET_LINE_CODING:
        answer = line_coding;
        answer_bytes = sizeof line_coding;
        return 1;
    case GET_STATUS:
    case GET_STATUS + 0x100U: /* of an interface, of an endpoint */
    case GET_STATUS + 0x200U:
        answer = zeros;
        answer_bytes = 2;
        return 1;
    case GET_CONFIGURATION:
        answer = (const uint8_t *)(configured ? "\1" : "\0");
        answer_bytes = 1;
        return 1;
    case SET_ADDRESS:
        new_address = value;
        return 1;
    case SET_CONFIGURATION:
        configure();
        return 1;
    case SET_LINE_CODING:
        coding_follows = 1;
        return 1;
    case SET_LINE_STATE:
        opened = (int)(value & LINE_OPEN);
        return 1;
    default:
        return (request & 0x8000U) == 0U; /* nothing else that is set matters */
    }
}

static void take_setup(void) {
    const volatile uint8_t *packet = SETUP_PACKET;
    const uint32_t request = (uint32_t)packet[0] << 8 | packet[1];
    const uint32_t value = packet[2] | (uint32_t)packet[3] << 8, length = packet[6] | (uint32_t)packet[7] << 8;
    SIE_STATUS = STATUS_SETUP;
    control_pid = BUFFER_DATA1;
    coding_follows = 0;
    answer = line_coding;
    answer_bytes = 0;
    if (!obey(request, value)) {
        STALL_ARM = 3U;
        BW_REGISTER(BUFFER_IN(0)) = BUFFER_STALL;
        BW_REGISTER(BUFFER_OUT(0)) = BUFFER_STALL;
    } else if (coding_follows) {
        receive_control();
    } else {
        answer_bytes = answer_bytes < length ? answer_bytes : length;
        answer_control();
    }
}

static void sent_control(void) {
    if (new_address != 0U) {
        ADDRESS = new_address; /* from now on; the request itself was answered at address 0 */
        new_address = 0U;
    }
    if (answer_bytes != 0U) {
        answer_control();
    } else if (SETUP_PACKET[0] & 0x80U) {
        receive_control(); /* the host's empty packet that ends its question */
    }
}

static void received_control(void) {
    if (coding_follows) {
        coding_follows = 0;
        for (uint32_t i = 0; i < sizeof line_coding; ++i) {
            line_coding[i] = ((const volatile uint8_t *)(MEMORY + CONTROL_DATA))[i];
        }
        answer_bytes = 0;
        answer_control();
    }
}

/* Whatever the controller has to tell. */
static void serve(void) {
    const uint32_t status = SIE_STATUS, buffers = BUFFER_STATUS;
    if (status & STATUS_RESET) {
        SIE_STATUS = STATUS_RESET;
        ADDRESS = new_address = 0U;
        configured = opened = sending = 0;
        received = received_bytes = 0;
    }
    if (buffers & SENT_CONTROL) {
        BUFFER_STATUS = SENT_CONTROL;
        sent_control();
    }
    if (buffers & RECEIVED_CONTROL) {
        BUFFER_STATUS = RECEIVED_CONTROL;
        received_control();
    }
    if (buffers & SENT_DATA) {
        BUFFER_STATUS = SENT_DATA;
        sending = 0;
    }
    if (buffers & RECEIVED_DATA) {
        BUFFER_STATUS = RECEIVED_DATA;
        received_bytes = BW_REGISTER(BUFFER_OUT(2)) & BUFFER_LENGTH;
        if (received_bytes == 0U) {
            receive_data();
        }
    }
    if (status & STATUS_SETUP) {
        take_setup();
    }
}

void bw_usb_start(void) {
    for (uint32_t i = 0; i < 0x200U; i += 4U) {
        BW_REGISTER(MEMORY + i) = 0U;
    }
    MUXING = MUXING_PHY;
    POWER = POWER_HAS_VBUS;
    MAIN_CTRL = 1U;
    SIE_CTRL = SIE_EVERY_BUFFER;
    SIE_CTRL = SIE_EVERY_BUFFER | SIE_PULL_UP; /* the host sees a device */
}

int bw_usb_has_byte(void) {
    if (received == received_bytes) {
        serve();
    }
    return received < received_bytes;
}

uint8_t bw_usb_take(void) {
    const uint8_t byte = ((const volatile uint8_t *)(MEMORY + RECEIVE_DATA))[received++];
    if (received == received_bytes) {
        receive_data();
    }
    return byte;
}

static void flush(void) {
    sending = 1;
    give(BUFFER_IN(2), filled | BUFFER_FULL | send_pid);
    send_pid ^= BUFFER_DATA1;
    filled = 0;
}

void bw_usb_put(uint8_t byte) {
    while (sending && opened) {
        serve(); /* the packet before is still in the buffer */
    }
    if (!opened) {
        filled = 0;
        return; /* nobody listens */
    }
    ((volatile uint8_t *)(MEMORY + SEND_DATA))[filled++] = byte;
    /* A packet of 64 bytes would tell the host that more follows. */
    if (byte == 0U || filled == PACKET - 1U) {
        flush();
    }
}
