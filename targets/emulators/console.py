"""The host's end of an emulated UART: standard input and output."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

_MOST = 2048
_PATIENCE = 0.01  # seconds that the emulated core sleeps when it has nothing to do but to look for input


class Console:
    """Bytes from and to the host; ``stop`` is called when the host has gone."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._received = bytearray()
        self._ended = False
        self._changed = threading.Condition()
        self._sent = bytearray()
        self._idle = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            data = os.read(0, 65536)
            with self._changed:
                self._received += data
                self._ended = not data
                self._changed.notify()
            if not data:
                return

    def ready(self) -> bool:
        """Whether a byte can be taken."""
        if self._received:
            self._idle = 0
            return True
        self._idle += 1
        if self._idle > 2:
            self.flush()
            with self._changed:
                self._changed.wait_for(lambda: self._received or self._ended, _PATIENCE)
                if self._ended and not self._received:
                    self._stop()
        return bool(self._received)

    def get(self) -> int:
        """The next byte; 0 where there is none."""
        with self._changed:
            return self._received.pop(0) if self._received else 0

    def put(self, byte: int) -> None:
        """Send a byte."""
        self._idle = 0
        self._sent.append(byte)
        if (byte == 0 and len(self._sent) > 1) or len(self._sent) == _MOST:
            self.flush()

    def flush(self) -> None:
        """Send all that was put."""
        sent, self._sent = self._sent, bytearray()
        while sent:
            del sent[: os.write(1, sent)]
