"""Opens serial ports for the link."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import serial
from serial import rfc2217

from ..errors import LinkError
from .link import Link, Patience, Port


@contextmanager
def connected(url: str, baud: int = 115200, patience: Patience | None = None) -> Iterator[Link]:
    """A link over a serial port that nobody else may open meanwhile; it is opened again where it disappears.

    Args:
        url: what pyserial opens: ``/dev/ttyACM0``, ``COM3``, ``socket://host:port``.
        baud: bits per second.

    Raises:
        LinkError: there is no such port, it may not be used, or another program uses it.
    """
    port = _Kept(url, baud)
    try:
        yield Link(port.open(), patience, reopen=port.open)
    finally:
        port.close()


class _Kept:
    """The one open port of a connection."""

    def __init__(self, url: str, baud: int) -> None:
        self._url, self._baud = url, baud
        self._port: Port | None = None

    def open(self) -> Port:
        self.close()
        self._port = open_port(self._url, self._baud)
        return self._port

    def close(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None


class _Rfc2217(rfc2217.Serial):
    """pyserial's own tells the server of all settings again whenever a timeout changes, and refuses one for writing;
    timeouts are this side's business alone."""

    _settled = False

    def _reconfigure_port(self) -> None:
        if not self._settled:
            super()._reconfigure_port()  # type: ignore[misc]  # unknown to its stubs
            self._settled = True


def _opened(url: str, baud: int) -> serial.Serial | _Rfc2217:
    if url.startswith("rfc2217://"):
        return _Rfc2217(url, baudrate=baud)
    return serial.serial_for_url(url, baudrate=baud, exclusive=True)


def open_port(url: str, baud: int = 115200) -> Port:
    """An open pyserial port without what was received before. Raises LinkError."""
    try:
        opened = _opened(url, baud)
    except ValueError as error:
        raise LinkError(f"'{url}' at {baud} baud cannot be a serial port: {_line(error)}") from error
    except OSError as error:
        raise LinkError(_why(url, error)) from error
    try:
        opened.reset_input_buffer()
    except Exception as error:  # termios.error, which is no OSError, where the port has just disappeared
        opened.close()
        raise LinkError(f"'{url}' disappeared when it was opened: {_line(error)}") from error
    port: Port = opened
    return port


def _why(url: str, error: OSError) -> str:
    """One line that says what to do."""
    said = _line(error)
    if "lock" in said or "busy" in said or (isinstance(error, serial.SerialException) and "Access is denied" in said):
        return f"'{url}' is used by another program (a serial monitor, another bitwright): close it"
    if "ermission" in said:
        return f"'{url}' may not be opened by you: sudo usermod -aG dialout $USER, and log in again"
    if "://" not in url and not url.upper().startswith("COM") and not Path(url).exists():
        return f"there is no port '{url}': is the board plugged in?"
    return f"'{url}' cannot be opened: {said}"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
