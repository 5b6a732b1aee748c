"""UF2 files, read back by a parser of its own, and the volumes that take them."""

from __future__ import annotations

import errno
import os
import random
import struct
from pathlib import Path
from typing import Any

import pytest
from bitwright.errors import ToolError
from bitwright.targets.flash import uf2
from bitwright.targets.flash.loader import Job
from bitwright.targets.flash.segments import Segment, load_segments
from bitwright.targets.flash.table import flash
from bitwright.targets.image import built
from bitwright.targets.target import Target, find_target, read_target
from desk import describe_board, tiny_graph, write_elf
from tools import needs_target

FLASH = 0x10000000
FAMILY = 0xE48BFF56


def parse(data: bytes) -> dict[int, int]:
    """Address -> byte of a UF2 file; every field of every block is checked as the format's description states it."""
    assert len(data) % 512 == 0 and data
    total = len(data) // 512
    memory: dict[int, int] = {}
    for number in range(total):
        block = data[512 * number : 512 * (number + 1)]
        assert (
            block[0:4] == b"UF2\n"
            and block[4:8] == bytes.fromhex("57515d9e")
            and block[508:] == bytes.fromhex("306fb10a")
        )
        flags, address, size, index, count, family = (
            int.from_bytes(block[8 + 4 * i : 12 + 4 * i], "little") for i in range(6)
        )
        assert flags == 0x2000 and family == FAMILY
        assert size == 256 and address % 256 == 0 and index == number and count == total
        assert not any(block[32 + size : 508])
        for offset in range(size):
            assert address + offset not in memory, "a byte is written twice"
            memory[address + offset] = block[32 + offset]
    return memory


def test_random_images_are_what_the_parser_reads() -> None:
    generator = random.Random(7)
    for _ in range(60):
        segments, address = [], FLASH + generator.randrange(3000)
        for _ in range(generator.randrange(1, 6)):
            data = generator.randbytes(generator.choice([1, 3, 255, 256, 257, 4096, generator.randrange(1, 9000)]))
            segments.append(Segment(address, data))
            address += len(data) + generator.choice([0, 1, 4, 255, 256, 4095, 4096, 70000])
        memory = parse(uf2.encode(segments, FAMILY))
        for segment in segments:
            assert bytes(memory.pop(segment.address + i) for i in range(len(segment.data))) == segment.data
        assert set(memory.values()) <= {0xFF}  # what fills the gaps
        # Every sector that is touched is whole, but for the end of the last.
        last = segments[-1].end - 1
        touched = {a // 4096 for s in segments for a in range(s.address, s.end)}
        everything = memory.keys() | {a for s in segments for a in range(s.address, s.end)}
        for sector in touched:
            end = min((sector + 1) * 4096, last - last % 256 + 256)
            assert all(a in everything for a in range(sector * 4096, end))


@pytest.mark.parametrize("name", [needs_target("pico")])
def test_the_picos_own_firmware(name: str) -> None:
    """What the boot ROM looks at first, 252 bytes with their checksum, is the first block."""
    with built(tiny_graph(), find_target(name).on_hardware()) as made:
        segments = load_segments(made.elf)
    memory = parse(uf2.encode(segments, FAMILY))
    assert min(memory) == FLASH
    for segment in segments:
        assert bytes(memory[a] for a in range(segment.address, segment.end)) == segment.data
    crc = 0xFFFFFFFF
    for address in range(FLASH, FLASH + 252):  # CRC-32 without reflection (RP2040 data sheet, 2.8.1.3.1)
        crc ^= memory[address] << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc >> 31 else 0)) & 0xFFFFFFFF
    assert crc.to_bytes(4, "little") == bytes(memory[FLASH + 252 + i] for i in range(4))


@pytest.fixture
def pico(tmp_path: Path) -> Target:
    """A Cortex-M board that is flashed as an RP2040 is."""
    loaders = f'[loaders.uf2]\nfamily = {FAMILY:#x}\nlabel = "RPI-RP2"\n'
    path = describe_board(tmp_path, "mps2-an386", "mypico", loaders=loaders)
    path.write_text(path.read_text().replace("flash = { origin = 0x00000000", f"flash = {{ origin = {FLASH:#x}"))
    return read_target(path)


@pytest.fixture
def elf(tmp_path: Path) -> Path:
    return write_elf(tmp_path / "image.elf", [(FLASH, bytes(range(256)) * 3), (FLASH + 5000, b"end")])


def volume(folder: Path, name: str, board_id: str = "RPI-RP2") -> Path:
    """A folder that plays the volume of a boot loader."""
    place = folder / name
    place.mkdir(parents=True)
    (place / "INFO_UF2.TXT").write_text(f"UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: {board_id}\r\n")
    (place / "INDEX.HTM").write_text("<html></html>")
    return place


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where volumes are mounted."""
    folder = tmp_path / "media"
    monkeypatch.setattr(uf2, "_glob", lambda pattern: sorted(folder.glob("*")) if pattern == "media/*/*" else [])
    return folder


def test_a_volume_is_found_and_written(pico: Target, elf: Path, mounts: Path) -> None:
    volume(mounts, "FEATHERBOOT", "nRF52840-Feather")
    (mounts / "USBSTICK").mkdir()
    place = volume(mounts, "RPI-RP2")
    assert flash(Job(elf, pico)) == "uf2"
    memory = parse((place / "firmware.uf2").read_bytes())
    assert bytes(memory[FLASH + i] for i in range(768)) == bytes(range(256)) * 3
    assert bytes(memory[FLASH + 5000 + i] for i in range(3)) == b"end"
    assert sorted(path.name for path in place.iterdir()) == ["INDEX.HTM", "INFO_UF2.TXT", "firmware.uf2"]
    assert not (mounts / "FEATHERBOOT" / "firmware.uf2").exists()


def test_a_volume_under_another_name_says_what_it_is(pico: Target, elf: Path, mounts: Path) -> None:
    place = volume(mounts, "disk1")
    flash(Job(elf, pico))
    assert (place / "firmware.uf2").exists()


def test_no_volume_and_several(pico: Target, elf: Path, mounts: Path, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no volume RPI-RP2 is mounted: press BOOTSEL while plugging mypico in"):
        flash(Job(elf, pico))
    first, second = volume(mounts, "RPI-RP2"), volume(mounts, "RPI-RP21")
    with pytest.raises(ToolError, match=r"choose with --volume: .*RPI-RP2', .*RPI-RP21'"):
        flash(Job(elf, pico))
    flash(Job(elf, pico, volume=second))
    assert (second / "firmware.uf2").exists() and not (first / "firmware.uf2").exists()
    for place in (tmp_path / "absent", tmp_path, elf):
        with pytest.raises(ToolError, match=r"is no volume of a UF2 boot loader: there is no INFO_UF2.TXT in it"):
            flash(Job(elf, pico, volume=place))


class Failing:
    """A file that takes some bytes and then fails, as a volume that is full or unplugged does."""

    def __init__(self, file: Any, most: int) -> None:
        self.file, self.most = file, most

    def __enter__(self) -> Failing:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def fileno(self) -> int:
        return int(self.file.fileno())

    def write(self, data: bytes) -> int:
        if self.most <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self.file.write(data[: self.most])
        self.most -= written
        return int(written)


@pytest.mark.parametrize("most", [0, 1, 512, 1000])
def test_nothing_half_written_stays(
    most: int, pico: Target, elf: Path, mounts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = volume(mounts, "RPI-RP2")
    real = Path.open

    def failing(path: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        file = real(path, mode, *arguments, **options)
        return Failing(file, most) if "w" in mode else file

    monkeypatch.setattr(Path, "open", failing)
    with pytest.raises(ToolError, match=r"firmware.uf2' could not be written: No space left on device"):
        flash(Job(elf, pico))
    assert not (place / "firmware.uf2").exists()


@pytest.mark.parametrize("gone", [True, False])
def test_a_volume_that_goes_with_the_last_block(
    gone: bool, pico: Target, elf: Path, mounts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The board restarts when it has everything: the last flush fails, and that is success if the volume has gone."""
    place = volume(mounts, "RPI-RP2")

    def fsync(_file: int) -> None:
        if gone:
            place.rename(place.with_name("away"))
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fsync)
    if gone:
        assert flash(Job(elf, pico)) == "uf2"
        assert parse((place.with_name("away") / "firmware.uf2").read_bytes())
    else:
        with pytest.raises(ToolError, match="could not be written: Input/output error"):
            flash(Job(elf, pico))
        assert not (place / "firmware.uf2").exists()


def test_the_boards_families() -> None:
    """Of the list of families in https://github.com/microsoft/uf2 and the RP2350 data sheet, 5.5.3."""
    families = {name: find_target(name).board.loaders["uf2"]["family"] for name in ("pico", "pico2", "pico2-riscv")}  # type: ignore[union-attr]
    assert families == {"pico": 0xE48BFF56, "pico2": 0xE48BFF59, "pico2-riscv": 0xE48BFF5A}
    assert struct.pack("<I", uf2._MAGIC[0]) == b"UF2\n"
