"""Frames of the link: COBS over a body and its CRC-32, between zero bytes. docs/link.md describes them."""

from __future__ import annotations

import struct
import zlib

_SAMPLE = 60  # bytes of noise that are kept to be shown
_MOST_NOISE = 4096  # bytes without a delimiter that may yet become a frame; none of the firmware's is as long


def encode(body: bytes) -> bytes:
    """A frame: COBS over body and CRC-32, between zero bytes."""
    data = body + struct.pack("<I", zlib.crc32(body))
    frame = bytearray(b"\0")
    position = 0
    while True:
        end = data.find(b"\0", position, position + 254)
        run = data[position : end if end >= 0 else position + 254]
        frame.append(len(run) + 1)
        frame += run
        position += len(run)
        if len(run) < 254:
            if position >= len(data):
                break
            position += 1
        elif position >= len(data):
            break
    return bytes(frame + b"\0")


def decode(frame: bytes) -> bytes | None:
    """The body of a frame without its delimiters, or None when it is damaged."""
    data = bytearray()
    position = 0
    while position < len(frame):
        code = frame[position]
        run = frame[position + 1 : position + code]
        if code == 0 or len(run) != code - 1:
            return None
        data += run
        position += code
        if code < 255 and position < len(frame):
            data.append(0)
    if len(data) < 6:
        return None
    body, crc = bytes(data[:-4]), struct.unpack("<I", data[-4:])[0]
    return body if zlib.crc32(body) == crc else None


class Heard:
    """What came instead of an answer, to say what is wrong."""

    def __init__(self) -> None:
        self.strangers = 0  # whole frames that answer something else
        self._damaged = 0
        self._sample = b""

    def damaged(self, frame: bytes) -> None:
        """Bytes between two delimiters that are no frame."""
        self._damaged += 1
        self.rest(frame)

    def rest(self, data: bytes) -> None:
        """Bytes that are not yet a frame."""
        self._sample = (self._sample + data)[:_SAMPLE]

    def __str__(self) -> str:
        if self.strangers:
            return "what came answers other requests: another firmware, or another program at this port"
        text = self._sample.decode("ascii", "replace")
        if len(text) >= 4 and all((letter.isprintable() and letter != "\ufffd") or letter.isspace() for letter in text):
            said = " ".join(text.split())
            return f"the target prints text ('{said}'), it is not Bitwright's test firmware: flash it"
        if self._damaged:
            return f"what came was damaged ({self._damaged} times): another baud rate, or a bad line"
        return "nothing came from the target: it is not running, or this is not its port"


class Splitter:
    """Cuts received bytes into frames; holds no more than one frame's worth of noise."""

    def __init__(self) -> None:
        self._received = bytearray()

    def add(self, data: bytes) -> None:
        """Bytes as they came."""
        self._received += data

    def next(self) -> bytes | None:
        """The next frame without its delimiters, not decoded; None where it is not yet complete."""
        while (end := self._received.find(b"\0")) >= 0:
            frame = bytes(self._received[:end])
            del self._received[: end + 1]
            if frame:
                return frame
        if len(self._received) > _MOST_NOISE:
            return self.rest()
        return None

    def rest(self) -> bytes:
        """What came since the last delimiter, given up as a frame."""
        rest = bytes(self._received)
        self._received.clear()
        return rest
