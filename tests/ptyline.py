"""A board at a pseudo-terminal, in real time: the firmware is a process, the line has faults, the plug is pulled."""

from __future__ import annotations

import os
import select
import subprocess
import threading
import time
import tty
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from faults import Damage, Fault


class PtyBoard:
    """A firmware, reached over ``path`` as over /dev/ttyACM0.

    Args:
        command: starts the firmware, whose serial line is its standard input and output.
        folder: where the port appears.
        boot: what is on the line before the host opens the port.
    """

    def __init__(self, command: Sequence[str], folder: Path, faults: Sequence[Fault] = (), boot: bytes = b"") -> None:
        self.path = folder / "ttyACM0"
        self._command, self._boot = command, boot
        self._out, self._in = Damage(faults, "board"), Damage(faults, "host")
        self._ended = threading.Event()
        self._deaf_until = 0.0
        self._thread = threading.Thread(target=self._pump, daemon=True)

    def __enter__(self) -> PtyBoard:
        self._start()
        self._plug()
        self._say(self._boot)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._stop()
        self._unplug()

    def _start(self) -> None:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def _stop(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def _plug(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        link = self.path.with_name("new")
        link.symlink_to(os.ttyname(self._slave))
        link.replace(self.path)

    def _unplug(self) -> None:
        self.path.unlink(missing_ok=True)
        for handle in (self._master, self._slave):
            if handle >= 0:
                os.close(handle)
        self._master = self._slave = -1

    def _say(self, data: bytes) -> None:
        if data and self._master >= 0:
            os.write(self._master, data)

    def _pump(self) -> None:
        while not self._ended.is_set():
            assert self._process.stdout is not None
            line, board = self._master, self._process.stdout.fileno()
            ready, _, _ = select.select([line, board], [], [], 0.02)
            if line in ready:
                for piece in self._out.apply(os.read(line, 4096)):
                    self._event(piece) if isinstance(piece, Fault) else self._hear(piece)
            elif board in ready:
                data = os.read(board, 4096)
                if not data:
                    time.sleep(0.02)  # the firmware has ended: a silent board
                for piece in self._in.apply(data):
                    self._event(piece) if isinstance(piece, Fault) else self._say(piece)

    def _hear(self, data: bytes) -> None:
        assert self._process.stdin is not None
        if data and time.monotonic() >= self._deaf_until:
            with suppress(BrokenPipeError):  # a board that is off
                self._process.stdin.write(data)

    def _event(self, fault: Fault) -> None:
        if fault.kind == "delay":
            self._ended.wait(fault.seconds)
        elif fault.kind == "stuck":
            self._deaf_until = float("inf")
        elif fault.kind == "intruder":
            self._hear(fault.data)
        elif fault.kind == "reset":
            self._restart()
            self._deaf_until = time.monotonic() + fault.seconds
            self._say(fault.data)
        elif fault.kind == "gone":
            self._unplug()
            if fault.amount:
                self._restart()
            self._ended.wait(fault.seconds)
            self._plug()

    def _restart(self) -> None:
        self._stop()
        self._start()
