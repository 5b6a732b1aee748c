"""pyOCD as a library: its own programmer writes an image into memory that is played, its own session meets a probe
that is played."""

from __future__ import annotations

import gc
import importlib.util
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from bitwright.errors import ToolError
from bitwright.targets.flash import pyocd as ours
from bitwright.targets.flash.loader import Job
from bitwright.targets.flash.table import flash
from bitwright.targets.target import Target, all_targets, read_target
from desk import describe_board, write_elf

pytest.importorskip("pyocd", reason="pyOCD is not installed")

from pyocd.core.exceptions import ProbeError
from pyocd.core.helpers import ConnectHelper
from pyocd.core.memory_map import FlashRegion, MemoryMap, RamRegion
from pyocd.flash.builder import MemoryBuilder, ProgrammingInfo
from pyocd.probe.debug_probe import DebugProbe

FLASH = 0x10000000


class Builder(MemoryBuilder):
    """Flash that takes what pyOCD's programmer gives it."""

    def __init__(self, region: FlashRegion) -> None:
        super().__init__()
        self._region = region
        self.memory: dict[int, int] = {}
        self.steps: list[str] = []
        self.log_performance = True

    @property
    def region(self) -> FlashRegion:
        return self._region

    def add_data(self, addr: int, data: bytes) -> None:
        self._buffered_data_size += len(data)
        self.memory |= {addr + i: byte for i, byte in enumerate(data)}

    def erase(self, progress_cb: Any = None, **_: Any) -> None:
        self.steps.append("erase")
        progress_cb(0.5)

    def program(self, progress_cb: Any = None, **_: Any) -> ProgrammingInfo:
        self.steps.append("program")
        progress_cb(1.0)
        return ProgrammingInfo(total_byte_count=len(self.memory), program_byte_count=len(self.memory), program_time=1.0)


class PlayedSession:
    """A session with a chip of 64 KB of flash and 16 KB of RAM."""

    made: Iterator[PlayedSession] | None = None

    def __init__(self, probe: Any, options: Mapping[str, Any]) -> None:
        self.probe, self.options = probe, options
        region = FlashRegion(start=FLASH, length=0x10000, blocksize=4096, is_boot_memory=True)
        self.builder = Builder(region)
        region.flash = SimpleNamespace(get_flash_builder=lambda: self.builder)
        self.target = mock.Mock(spec=["memory_map", "debug_sequence_delegate", "selected_core", "reset"])
        self.target.memory_map = MemoryMap(region, RamRegion(start=0x20000000, length=0x4000))
        self.target.debug_sequence_delegate = None
        self.target.selected_core.node_name = "Cortex-M4"
        self.board = SimpleNamespace(target=self.target, target_type="nrf52840")
        self.closed = False

    def __enter__(self) -> PlayedSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True


class Probe(DebugProbe):
    """A probe at USB whose chip does not answer."""

    def __init__(self, number: str, why: str = "no answer from the chip") -> None:
        super().__init__()
        self._number, self._why = number, why

    @property
    def description(self) -> str:
        return "STLink V2-1"

    @property
    def unique_id(self) -> str:
        return self._number

    @property
    def is_open(self) -> bool:
        return False

    @property
    def capabilities(self) -> set[Any]:
        return set()

    @property
    def supported_wire_protocols(self) -> list[Any]:
        return [DebugProbe.Protocol.SWD]

    def open(self) -> None:
        raise ProbeError(self._why)


@pytest.fixture
def board(tmp_path: Path) -> Target:
    path = describe_board(tmp_path, "mps2-an386", loaders='[loaders.pyocd]\ntarget = "nrf52840"\n')
    path.write_text(path.read_text().replace("flash = { origin = 0x00000000", f"flash = {{ origin = {FLASH:#x}"))
    return read_target(path)


@pytest.fixture
def elf(tmp_path: Path) -> Path:
    return write_elf(tmp_path / "image.elf", [(FLASH, b"\x11" * 24), (FLASH + 4096, b"\x22" * 7)])


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> list[PlayedSession]:
    """Sessions that were opened; one probe is attached."""
    made: list[PlayedSession] = []

    def session(probe: Any, options: Mapping[str, Any]) -> PlayedSession:
        made.append(PlayedSession(probe, options))
        return made[-1]

    monkeypatch.setattr("pyocd.core.session.Session", session)
    attach(monkeypatch, Probe("066CFF30"))
    return made


def attach(monkeypatch: pytest.MonkeyPatch, *probes: Probe) -> None:
    """These probes are at USB."""
    monkeypatch.setattr(ConnectHelper, "get_all_connected_probes", lambda blocking=True, **_: list(probes))


def test_every_byte_reaches_its_address(board: Target, elf: Path, sessions: list[PlayedSession]) -> None:
    shown: list[int] = []
    job = Job(elf, board, progress=lambda stage, done, total: shown.append(done))
    assert flash(job) == "pyocd"
    (session,) = sessions
    expected = {FLASH + i: 0x11 for i in range(24)} | {FLASH + 4096 + i: 0x22 for i in range(7)}
    assert session.builder.memory == expected and session.builder.steps == ["erase", "program"]
    session.target.reset.assert_called_once_with()
    assert session.closed and session.options["target_override"] == "nrf52840"
    assert shown[0] == 0 and shown[-1] == 100 and len(shown) > 3


def test_what_pyocd_would_pass_over_is_an_error(board: Target, tmp_path: Path, sessions: list[PlayedSession]) -> None:
    """Beyond the chip's 64 KB, though the board's description has more."""
    elf = write_elf(tmp_path / "big.elf", [(FLASH, b"1234"), (FLASH + 0x10000, b"5678")])
    with pytest.raises(ToolError, match="pyOCD's nrf52840 has no memory at 0x10010000"):
        flash(Job(elf, board))
    assert sessions[0].builder.steps == []


def test_the_choice_of_a_probe(
    board: Target, elf: Path, sessions: list[PlayedSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    attach(monkeypatch)
    with pytest.raises(ToolError, match=r"no debug probe is attached: check its cable and, on Linux, the udev rule"):
        flash(Job(elf, board))
    attach(monkeypatch, Probe("0A1"), Probe("0B2"))
    several = r"several probes are attached: choose with --probe: 0A1 \(STLink V2-1\), 0B2 \(STLink V2-1\)"
    with pytest.raises(ToolError, match=several):
        flash(Job(elf, board))
    with pytest.raises(ToolError, match=r"there is no probe '0C3'; there are 0A1 \(STLink V2-1\), 0B2"):
        flash(Job(elf, board, probe="0C3"))
    assert sessions == []
    flash(Job(elf, board, probe="0b2"))
    assert sessions[0].probe.unique_id == "0B2"


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_a_chip_that_does_not_answer(board: Target, elf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pyOCD's own session with a probe that cannot open."""
    attach(monkeypatch, Probe("066CFF30"))
    with pytest.raises(ToolError, match="pyOCD failed: no answer from the chip"):
        flash(Job(elf, board))
    monkeypatch.undo()
    gc.collect()  # pyOCD leaves a file of its own open


def test_a_probe_that_hangs(board: Target, elf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours.program, "TIMEOUT", 0.3)

    def hang(**_: Any) -> list[Any]:
        time.sleep(3)
        return []

    monkeypatch.setattr(ConnectHelper, "get_all_connected_probes", hang)
    begin = time.monotonic()
    with pytest.raises(ToolError, match=r"flashing took longer than 0\.3 s: unplug the board and plug it in again"):
        flash(Job(elf, board))
    assert time.monotonic() - begin < 2.5


def test_listing_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    attach(monkeypatch, Probe("0A1"), Probe("0B2"))
    assert ours.probes() == [("0A1", "STLink V2-1"), ("0B2", "STLink V2-1")]

    def broken(**_: Any) -> list[Any]:
        raise ValueError("the USB library is missing")

    monkeypatch.setattr(ConnectHelper, "get_all_connected_probes", broken)
    with pytest.raises(ToolError, match="pyOCD failed: the USB library is missing"):
        ours.probes()


def test_a_chip_whose_pack_is_not_installed(tmp_path: Path, elf: Path) -> None:
    assert ours.knows("nrf52840") and not ours.knows("stm32f999zz")
    path = describe_board(tmp_path, "mps2-an386", "other", loaders='[loaders.pyocd]\ntarget = "stm32f999zz"\n')
    path.write_text(path.read_text().replace("flash = { origin = 0x00000000", f"flash = {{ origin = {FLASH:#x}"))
    with pytest.raises(ToolError, match="no flash algorithm for stm32f999zz yet: pyocd pack install stm32f999zz"):
        flash(Job(elf, read_target(path)))


def test_without_pyocd(board: Target, elf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "pyocd" else find(name, *rest))
    with pytest.raises(ToolError, match=r"pyOCD is not installed: pip install 'bitwright\[boards\]'"):
        flash(Job(elf, board))


def test_nothing_of_pyocd_is_imported_before_it_is_needed() -> None:
    import subprocess
    import sys

    program = "import sys, bitwright.cli; sys.exit(any(name.split('.')[0] == 'pyocd' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_every_boards_chip_is_built_in_or_in_a_pack() -> None:
    """A name that is neither built in nor an STM32's, whose packs have names of this form, is a slip."""
    names = [t.board.loaders["pyocd"]["target"] for t in all_targets() if t.board and "pyocd" in t.board.loaders]
    assert names
    for name in names:
        assert ours.knows(name) or (name.startswith("stm32") and name == name.lower()), name
