"""A built image on the board itself: flashed, its serial port opened, its firmware awaited."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import serial

from ..errors import LinkError
from .attached import check_port, probe_of
from .emulator import start
from .flash.loader import Job, Progress
from .flash.table import flash
from .image import Image
from .link import Link
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
    with open_port(connection.port, target.board.baud, PORT_TIMEOUT if connection.flash else 0) as port:
        yield greeted(port)


def put(target: Target, elf: Path, connection: Connection, progress: Progress | None = None) -> str:
    """Flash an image; the name of the tool. Raises ToolError, TargetError, InputError."""
    probe = connection.probe or probe_of(target, connection.port)
    return flash(Job(elf, target, probe, connection.port, connection.volume, progress), connection.tool)


def greeted(port: serial.Serial) -> Link:
    """The link, once the firmware has answered; what was lost while the board started is no fault of the link's."""
    link = Link(port)
    link.hello()
    link.faults.clear()
    return link


@contextmanager
def open_port(name: str, baud: int, wait: float = 0.0) -> Iterator[serial.Serial]:
    """A serial port of this process alone. Raises LinkError: what is in the way, and the way out.

    Args:
        wait: seconds to wait for a port that is not there.
    """
    deadline = time.monotonic() + wait
    while True:
        try:
            port = _opened(name, baud)
            break
        except (OSError, ValueError) as error:
            if _number(error) != errno.ENOENT or time.monotonic() >= deadline:
                raise LinkError(_reason(name, error)) from error
            time.sleep(0.1)
    with port:
        yield port


def _opened(name: str, baud: int) -> serial.Serial:
    # A lock keeps two programs from sharing a port and taking each other's answers; a URL's server has its own ways.
    if "://" in name:
        return serial.serial_for_url(name, baudrate=baud)
    return serial.Serial(name, baudrate=baud, exclusive=True)


def _number(error: Exception) -> int | None:
    number = getattr(error, "errno", None)
    if number is None and isinstance(error.__context__, OSError):
        number = error.__context__.errno
    return number


def _reason(name: str, error: Exception) -> str:
    number, words = _number(error), " ".join(str(error).split())
    if number in (errno.EBUSY, errno.EAGAIN) or "lock port" in words or (os.name == "nt" and number == errno.EACCES):
        return f"'{name}' is in use by another program, such as a serial monitor: close that first"
    if number in (errno.EACCES, errno.EPERM):
        return f"no permission to open '{name}': sudo usermod -aG {_group(name)} $USER, then log in again"
    if number == errno.ENOENT:
        return f"there is no port '{name}': `bitwright boards --attached` lists those that there are"
    return f"'{name}' cannot be opened: {words}"


def _group(name: str) -> str:
    """The group that may use a port; what it is called differs among distributions."""
    try:
        return Path(name).group()
    except (OSError, KeyError, NotImplementedError):
        return "dialout"
