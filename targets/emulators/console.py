"""The host's end of an emulated UART: standard input and output."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

_FULL = 2048
#: Status reads in a row, without a byte sent, after which the firmware waits for input and does nothing else.
_IDLE = 2
#: Seconds that the core then sleeps at a time.
_NAP = 0.01


class Console:
    """Bytes from and to the host; ``stop`` is called when the host has gone and the firmware waits for it."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._received = bytearray()
        self._ended = False
        self._changed = threading.Condition()
        self._sent = bytearray()
        self._idle = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        data = b"-"
        while data:
            data = os.read(0, 65536)
            with self._changed:
                self._received += data
                self._ended = not data
                self._changed.notify()

    def ready(self) -> bool:
        """Whether a byte can be taken. Where the firmware only waits for one, the host's processor is left alone."""
        if self._received:
            self._idle = 0
            return True
        self._idle += 1
        if self._idle > _IDLE:
            self._flush()
            with self._changed:
                self._changed.wait_for(lambda: self._received or self._ended, _NAP)
            if self._ended and not self._received:
                self._stop()
        return bool(self._received)

    def get(self) -> int:
        """The next byte; 0 where there is none."""
        with self._changed:
            return self._received.pop(0) if self._received else 0

    def put(self, byte: int) -> None:
        """Send a byte; ends of frames and of lines, and what fills the buffer, go out at once."""
        self._idle = 0
        self._sent.append(byte)
        if (byte in (0, 10) and len(self._sent) > 1) or len(self._sent) == _FULL:
            self._flush()

    def _flush(self) -> None:
        sent, self._sent = self._sent, bytearray()
        try:
            while sent:
                del sent[: os.write(1, sent)]
        except OSError:  # the host has gone
            self._stop()
