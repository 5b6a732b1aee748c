"""What is plugged in: serial ports by their USB ids, debug probes, volumes of boot loaders."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

from ..errors import LinkError, ToolError
from .flash import pyocd, uf2
from .target import Target, all_targets


@dataclass(frozen=True)
class Attached:
    """Something at a USB socket.

    Attributes:
        kind: "port", "probe" or "volume".
        place: name of the port, or path of the volume; empty for a probe.
        usb: "VID:PID"; empty where it is not known. serial_number: of the USB device, or of the probe.
        candidates: targets that it can be.
    """

    kind: str
    place: str
    usb: str
    serial_number: str
    description: str
    candidates: tuple[str, ...]


def ports() -> list[Attached]:
    """Serial ports at USB, in the order of their names."""
    found = []
    for port in list_ports.comports():
        if port.vid is None or port.pid is None:
            continue
        usb = f"{port.vid:04x}:{port.pid:04x}"
        names = tuple(t.name for t in all_targets() if t.board is not None and usb in t.board.usb)
        description = port.product or port.description or ""
        found.append(Attached("port", port.device, usb, port.serial_number or "", description, names))
    return sorted(found, key=lambda port: _natural(port.place))


def attached() -> list[Attached]:
    """Everything that can be found: ports, volumes of UF2 boot loaders, and probes where pyOCD is installed."""
    found = ports()
    for place, board_id in uf2.all_volumes():
        found.append(Attached("volume", str(place), "", "", board_id, _with_label(place.name, board_id)))
    if pyocd.installed():
        # What cannot be listed is no reason to hide what can.
        with suppress(ToolError):
            found += [Attached("probe", "", "", number, name, ()) for number, name in pyocd.probes()]
    return found


def _with_label(*labels: str) -> tuple[str, ...]:
    """Targets whose boot loader's volume has one of these names."""
    own = {t.name: t.board.loaders.get("uf2", {}).get("label") for t in all_targets() if t.board is not None}
    return tuple(name for name, label in own.items() if label in labels)


def port_of(target: Target) -> str:
    """The port of the only attached board that can be this one. Raises LinkError naming what there is."""
    assert target.board is not None
    everything = ports()
    found = [port for port in everything if port.usb in target.board.usb]
    if len(found) == 1:
        return found[0].place
    if found:
        raise LinkError(
            f"several ports can be {target.name}'s, choose with --port: {_listed(found)} ({target.board.serial})"
        )
    if not target.board.usb:
        raise LinkError(f"{target.name} has no USB id to be found by: give --port; {_there(everything)}")
    ids = " or ".join(target.board.usb)
    raise LinkError(f"no port has a USB id of {target.name}, {ids}: give --port; {_there(everything)}")


def probe_of(target: Target, port: str | None) -> str | None:
    """Serial number of the probe that has this port, where several attached boards have the same USB id."""
    if target.board is None or port is None:
        return None
    alike = [found for found in ports() if found.usb in target.board.usb]
    names = (port, os.path.realpath(port))  # as /dev/serial/by-id has links to ports
    own = [found.serial_number for found in alike if found.place in names and found.serial_number]
    return own[0] if own and len({found.serial_number for found in alike}) > 1 else None


def is_there(port: str) -> bool:
    """Whether a serial port is there; a pyserial URL is taken to be."""
    return "://" in port or Path(port).exists() or port in {found.device for found in list_ports.comports()}


def check_port(port: str) -> None:
    """Raise LinkError for a serial port that is not there, naming those that are."""
    if not is_there(port):
        raise LinkError(f"there is no port '{port}'; {_there(ports())}")


def _there(found: Sequence[Attached]) -> str:
    return f"there are {_listed(found)}" if found else "no serial port is plugged in"


def _listed(found: Sequence[Attached]) -> str:
    return ", ".join(f"{port.place} ({port.usb} {port.serial_number})".replace(" )", ")") for port in found)


def _natural(name: str) -> list[str | int]:
    """COM10 comes after COM9."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
