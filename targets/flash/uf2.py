"""UF2: files that a board's boot loader takes as a USB drive (https://github.com/microsoft/uf2)."""

from __future__ import annotations

import os
import string
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ...errors import ToolError
from .loader import Job, Loader
from .segments import Segment, load_segments

_MAGIC = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
_FAMILY_PRESENT = 0x2000
_PAYLOAD = 256
#: The boot loader erases this much at the first block that it gets for it: what is left out of it stays erased only
#: where the whole of it is written (RP2040-E14), so gaps are filled.
_SECTOR = 4096
_NAME = "firmware.uf2"
_INFO = "INFO_UF2.TXT"


def encode(segments: Sequence[Segment], family: int) -> bytes:
    """A UF2 file: blocks of 512 bytes, each with 256 bytes of the image and its place.

    Args:
        segments: by address, without overlap.
        family: which chips are meant; the boot loader passes over blocks of other families.
    """
    pages: dict[int, bytearray] = {}
    for segment in segments:
        for offset, byte_page in _pages(segment):
            page = pages.setdefault(offset, bytearray(b"\xff" * _PAYLOAD))
            start = max(segment.address - offset, 0)
            page[start : start + len(byte_page)] = byte_page
    last = max(pages)
    for sector in {address // _SECTOR for address in pages}:
        for address in range(sector * _SECTOR, min((sector + 1) * _SECTOR, last), _PAYLOAD):
            pages.setdefault(address, bytearray(b"\xff" * _PAYLOAD))
    blocks = []
    for number, address in enumerate(sorted(pages)):
        head = struct.pack("<8I", *_MAGIC[:2], _FAMILY_PRESENT, address, _PAYLOAD, number, len(pages), family)
        blocks.append(head + bytes(pages[address]).ljust(476, b"\0") + struct.pack("<I", _MAGIC[2]))
    return b"".join(blocks)


def _pages(segment: Segment) -> Iterator[tuple[int, bytes]]:
    """The parts of a segment by the page of 256 bytes in which they lie."""
    address = segment.address
    while address < segment.end:
        page = address - address % _PAYLOAD
        end = min(page + _PAYLOAD, segment.end)
        yield page, segment.data[address - segment.address : end - segment.address]
        address = end


def volumes(label: str) -> list[Path]:
    """Mounted volumes of boot loaders whose folder, or whose description, has this name."""
    return [place for place in _mounted() if label in (place.name, _board_id(place))]


def all_volumes() -> list[tuple[Path, str]]:
    """Every mounted volume of a boot loader, and what it calls the board."""
    return [(place, _board_id(place)) for place in _mounted()]


def _mounted() -> list[Path]:
    if os.name == "nt":
        roots = [Path(f"{letter}:/") for letter in string.ascii_uppercase]
    else:
        # Where desktops mount what is plugged in: udisks with the user's name and without, macOS, and by hand.
        patterns = ("media/*", "media/*/*", "run/media/*/*", "Volumes/*", "mnt/*")
        roots = [place for pattern in patterns for place in _glob(pattern)]
    return sorted({place for place in roots if _is_file(place / _INFO)})


def _glob(pattern: str) -> list[Path]:
    with suppress(OSError):
        return list(Path("/").glob(pattern))
    return []


def _is_file(path: Path) -> bool:
    with suppress(OSError):
        return path.is_file()
    return False


def _board_id(volume: Path) -> str:
    """What INFO_UF2.TXT says in its line ``Board-ID:``."""
    with suppress(OSError):
        for line in (volume / _INFO).read_text(encoding="ascii", errors="replace")[:4096].splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "Board-ID":
                return value.strip()
    return ""


def _chosen(job: Job) -> list[Path]:
    return volumes(job.options("uf2")["label"]) if job.volume is None else [job.volume]


def _unready(job: Job) -> str | None:
    if _chosen(job):
        return None
    label = job.options("uf2")["label"]
    return f"no volume {label} is mounted: press BOOTSEL while plugging {job.target.name} in, or name it with --volume"


def _flash(job: Job) -> None:
    found = _chosen(job)
    if len(found) != 1:
        names = ", ".join(f"'{place}'" for place in found)
        raise ToolError(_unready(job) or f"several boards wait for a UF2 file: choose with --volume: {names}")
    volume = found[0]
    if not _is_file(volume / _INFO):
        raise ToolError(f"'{volume}' is no volume of a UF2 boot loader: there is no {_INFO} in it")
    _write(volume / _NAME, encode(load_segments(job.elf), job.options("uf2")["family"]))


def _write(path: Path, data: bytes) -> None:
    """Write a file to the volume, whole or not at all; the board restarts, and the volume goes, with its last block."""
    written = 0
    try:
        with path.open("wb", buffering=0) as file:
            while written < len(data):
                written += file.write(data[written : written + 65536])
            os.fsync(file.fileno())
    except OSError as error:
        if written == len(data) and not path.parent.exists():
            return
        with suppress(OSError):
            path.unlink()
        raise ToolError(f"'{path}' could not be written: {error.strerror}") from error


LOADER = Loader(
    name="uf2",
    title="UF2",
    install="part of Bitwright",
    installed=lambda: True,
    flash=_flash,
    required={"family": (int,), "label": (str,)},
    unready=_unready,
)
