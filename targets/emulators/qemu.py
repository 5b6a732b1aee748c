"""QEMU, whose UART is a TCP port of this computer."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import serial

from ...errors import LinkError
from ..target import Emulator
from .child import connect, end

_BOOT_TIMEOUT = 20.0


@contextmanager
def qemu(emulator: Emulator, elf: Path) -> Iterator[serial.Serial]:
    """Start QEMU: it listens on a port of its own choice and waits for the link before it runs the first instruction.

    Raises:
        LinkError: it did not start.
    """
    program = shutil.which(emulator.program) or emulator.program
    command = [program, "-machine", emulator.machine, *emulator.arguments]
    command += ["-display", "none", "-monitor", "none", "-kernel", str(elf)]
    command += ["-serial", "tcp:127.0.0.1:0,server=on,wait=on,nodelay=on"]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        port = connect(_announced_port(process, process.stdout))
        try:
            yield port
        finally:
            port.close()
    finally:
        end(process)
        if process.stdout is not None:
            process.stdout.close()


def _announced_port(process: subprocess.Popen[str], output: IO[str]) -> int:
    """The port in QEMU's line "QEMU waiting for connection on: disconnected:tcp:127.0.0.1:PORT,..."."""
    said = []
    deadline = time.monotonic() + _BOOT_TIMEOUT
    while time.monotonic() < deadline:
        line = output.readline()
        if not line:
            break
        said.append(line.strip())
        found = re.search(r"waiting for connection.*:(\d+)", line)
        if found:
            return int(found.group(1))
    process.kill()
    raise LinkError(f"the emulator did not start: {' '.join(said) or 'it said nothing'}")
