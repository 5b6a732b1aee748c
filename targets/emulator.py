"""Starts a built image on its target's emulator, or on this computer, and opens the link."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import serial

from ..errors import LinkError, TargetError, ToolError
from . import simulator
from .link import Link
from .target import Target

_BOOT_TIMEOUT = 20.0
#: Program of an emulator -> the package that brings it; the project's own simulator needs the host's compiler.
PACKAGES = {"qemu-system-arm": "qemu-system-arm", "qemu-system-riscv32": "qemu-system-misc", simulator.PROGRAM: "gcc"}


@contextmanager
def start(target: Target, elf: Path) -> Iterator[Link]:
    """Run an image and talk to it; the process ends with the context.

    Raises:
        ToolError: the emulator is not installed. LinkError: it did not start.
    """
    with open_port(target, elf) as port:
        yield Link(port)


@contextmanager
def open_port(target: Target, elf: Path) -> Iterator[serial.Serial]:
    """The same, giving the bare pyserial port."""
    if target.toolchain == "host":
        with _child([str(elf)]) as port:
            yield port
    elif target.emulator is None:
        raise TargetError(f"{target.name} has no emulator")
    elif target.emulator.program == simulator.PROGRAM:
        with _child(simulator.command(target, elf)) as port:
            yield port
    else:
        with _qemu(target, elf) as port:
            yield port


@contextmanager
def _child(command: list[str]) -> Iterator[serial.Serial]:
    """A child process whose standard input and output are the accepted end of a loopback connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = _connect(server.getsockname()[1])
        connection, _ = server.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        process = subprocess.Popen(command, stdin=connection.fileno(), stdout=connection.fileno())
    try:
        yield port
    finally:
        port.close()
        _end(process)


@contextmanager
def _qemu(target: Target, elf: Path) -> Iterator[serial.Serial]:
    """QEMU listens on a port of its own choice and waits for the link before it runs the first instruction."""
    assert target.emulator is not None
    program = shutil.which(target.emulator.program)
    if program is None:
        package = PACKAGES.get(target.emulator.program, target.emulator.program)
        raise ToolError(f"{target.emulator.program} is not installed: sudo apt-get install {package}")
    command = [program, "-machine", target.emulator.machine, *target.emulator.arguments]
    command += ["-display", "none", "-monitor", "none", "-kernel", str(elf)]
    command += ["-serial", "tcp:127.0.0.1:0,server=on,wait=on,nodelay=on"]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        port = _connect(_announced_port(process, process.stdout))
        try:
            yield port
        finally:
            port.close()
    finally:
        _end(process)
        if process.stdout is not None:
            process.stdout.close()


def _connect(tcp_port: int) -> serial.Serial:
    """A pyserial port over a loopback connection."""
    return serial.serial_for_url(f"socket://127.0.0.1:{tcp_port}")


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


def _end(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
