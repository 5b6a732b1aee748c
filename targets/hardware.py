"""A built image on the board itself: flashed, its serial port opened, its firmware awaited."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import LinkError
from .attached import check_port, port_of, probe_of
from .emulator import start
from .flash import uf2
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
        port: a serial port, or a pyserial URL such as ``socket://host:port`` or ``rfc2217://host:port``; None: that of
            the only attached board that can be meant.
        flash: whether the image is put on the board first; tool: with which (None: the first that is installed).
        probe: serial number of the debug probe; volume: where a boot loader's volume is mounted.
    """

    port: str | None = None
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
    assert target.board is not None
    connection = resolved(target, connection)
    if connection.flash:
        put(target, elf, connection, progress)
    with connected(await_port(target, connection), target.board.baud) as link:
        greet(link)
        yield link


def resolved(target: Target, connection: Connection) -> Connection:
    """The connection with its port, before anything is built or flashed.

    A board whose boot loader waits for a file gets its port with the firmware only: that is looked for later.

    Raises:
        LinkError: there is no such port, or no board or several that can be meant.
    """
    if connection.flash and _in_boot_loader(target, connection):
        return connection
    port = port_of(target) if connection.port is None else connection.port
    check_port(port)
    return replace(connection, port=port)


def _in_boot_loader(target: Target, connection: Connection) -> bool:
    job = Job(Path(), target, volume=connection.volume)
    return connection.tool in (None, uf2.LOADER.name) and bool(job.options("uf2")) and uf2.LOADER.missing(job) is None


def put(target: Target, elf: Path, connection: Connection, progress: Progress | None = None) -> str:
    """Flash an image; the name of the tool. Raises ToolError, TargetError, InputError."""
    probe = connection.probe or probe_of(target, connection.port)
    return flash(Job(elf, target, probe, connection.port, connection.volume, progress), connection.tool)


def greet(link: Link) -> None:
    """Wait until the firmware answers; what is lost while the board starts is no fault of the link's."""
    link.hello()
    link.faults.clear()


def await_port(target: Target, connection: Connection) -> str:
    """The board's port, which may come, or come back, only now that the board has restarted. Raises LinkError."""
    deadline = time.monotonic() + (PORT_TIMEOUT if connection.flash else 0.0)
    while True:
        try:
            return str(resolved(target, replace(connection, flash=False)).port)
        except LinkError:
            if time.monotonic() >= deadline:
                raise
        time.sleep(0.1)
