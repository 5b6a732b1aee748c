"""A built image on the board itself: flashed, its serial port opened, its firmware awaited."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .attached import check_port, is_there, probe_of
from .emulator import start
from .flash.loader import Job, Progress
from .flash.table import flash
from .image import Image
from .link import Link
from .ports import connected
from .target import Target

#: Seconds until a port is back after flashing: chips with USB of their own leave the bus when they restart.
PORT_TIMEOUT = 10.0


@dataclass(frozen=True)
class Connection:
    """How a board on the desk is reached.

    Attributes:
        port: a serial port, or a pyserial URL such as ``socket://host:port`` or ``rfc2217://host:port``; None where
            the board is flashed only.
        flash: whether the image is put on the board first; tool: with which (None: the first that is installed).
        probe: serial number of the debug probe; volume: where a boot loader's volume is mounted.
    """

    port: str | None
    flash: bool = True
    tool: str | None = None
    probe: str | None = None
    volume: Path | None = None


@contextmanager
def started(image: Image, connection: Connection | None, progress: Progress | None = None) -> Iterator[Link]:
    """A conversation with a built image: on its emulator, or on the board at the connection.

    Raises:
        ToolError, TargetError, InputError: it cannot be started or flashed. LinkError: it does not answer.
    """
    if connection is None:
        with start(image.target, image.elf) as link:
            yield link
        return
    with on_board(image.target, image.elf, connection, progress) as link:
        yield link


@contextmanager
def on_board(target: Target, elf: Path, connection: Connection, progress: Progress | None = None) -> Iterator[Link]:
    """The same for an image file that was built with ``target.on_hardware()``."""
    assert target.board is not None and connection.port is not None
    check_port(connection.port)
    if connection.flash:
        put(target, elf, connection, progress)
        await_port(connection.port)
    with connected(connection.port, target.board.baud) as link:
        greet(link)
        yield link


def put(target: Target, elf: Path, connection: Connection, progress: Progress | None = None) -> str:
    """Flash an image; the name of the tool. Raises ToolError, TargetError, InputError."""
    probe = connection.probe or probe_of(target, connection.port)
    return flash(Job(elf, target, probe, connection.port, connection.volume, progress), connection.tool)


def greet(link: Link) -> None:
    """Wait until the firmware answers; what is lost while the board starts is no fault of the link's."""
    link.hello()
    link.faults.clear()


def await_port(name: str) -> None:
    """Wait, in bounded time, for a port that left the bus when the board restarted."""
    deadline = time.monotonic() + PORT_TIMEOUT
    while time.monotonic() < deadline and not is_there(name):
        time.sleep(0.1)
