"""Executions of every instruction of an image, by its address: who can count them, and the format in which they come.

An emulator that counts writes a text file (docs/profile.md): its visits of a marker, the function that reads the
harness's counter, part the run into segments, just where ``verify`` parts it into layers.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import LinkError, ToolError
from . import simulator
from .cache import cache_folder, digest, keep
from .disassembly import Disassembly
from .emulator import PACKAGES, chosen, start
from .emulators import unicorn
from .link import Link
from .target import Emulator, Target
from .toolchain import compiler, first_line

MARKER = "bw_platform_ticks"
_FORMAT = "bitwright-counts 1"
_PLUGIN = Path(__file__).parent / "plugin" / "bw_counts.c"


@dataclass(frozen=True)
class Count:
    """One instruction: executions, how many of them were not followed by the next instruction in memory, and bytes."""

    executed: int
    jumped: int
    loaded: int
    stored: int

    def __add__(self, other: Count) -> Count:
        return Count(
            self.executed + other.executed,
            self.jumped + other.jumped,
            self.loaded + other.loaded,
            self.stored + other.stored,
        )

    def __neg__(self) -> Count:
        return Count(-self.executed, -self.jumped, -self.loaded, -self.stored)


#: Address -> count, for what ran between two visits of the marker.
Segment = Mapping[int, Count]


@dataclass(frozen=True)
class Request:
    """What a counting emulator is told: the marker's address, the code's addresses and the file to write."""

    marker: int
    low: int
    high: int
    output: Path


#: Program of an emulator -> how its command line asks for counts.
Provider = Callable[[Emulator, Request], Emulator]


def _qemu(emulator: Emulator, request: Request) -> Emulator:
    plugin = _built_plugin(emulator.program)
    options = f"marker={request.marker},low={request.low},high={request.high},out={request.output}"
    return replace(emulator, arguments=(*emulator.arguments, "-plugin", f"{plugin},{options}"))


def _simulated(emulator: Emulator, request: Request) -> Emulator:
    return replace(emulator, arguments=(*emulator.arguments, "--counts", f"{request.marker},{request.output}"))


PROVIDERS: Mapping[str, Provider] = {
    "qemu-system-arm": _qemu,
    "qemu-system-riscv32": _qemu,
    simulator.PROGRAM: _simulated,
}


class Counting:
    """A run under way whose counts can be read once it has ended."""

    def __init__(self, link: Link, output: Path) -> None:
        self.link = link
        self._output = output
        self._text: str | None = None

    def finish(self) -> None:
        """Read what the emulator wrote."""
        self._text = self._output.read_text(encoding="ascii") if self._output.exists() else ""

    def segments(self) -> list[Segment]:
        """What ran before the first visit of the marker, between visits, and after the last. Raises ToolError."""
        assert self._text is not None
        return parse(self._text)


@contextmanager
def counting(target: Target, elf: Path, code: Disassembly) -> Iterator[Counting]:
    """Run an image under a counting emulator; :meth:`Counting.segments` is for after the context.

    Raises:
        ToolError: the target has no emulator that counts, or its helper cannot be built.
    """
    if target.cores > 1:
        raise ToolError(f"'{target.name}' has {target.cores} cores; a profile is of one: choose a target that has one")
    emulator = target.emulator
    provider = None if emulator is None else PROVIDERS.get(emulator.program)
    if emulator is None or provider is None:
        raise ToolError(f"'{target.name}' cannot be profiled: it has no emulator that counts, as others have")
    if chosen(target) == unicorn.MODULE:
        package = PACKAGES.get(emulator.program, emulator.program)
        raise ToolError(
            f"a profile of '{target.name}' needs {emulator.program}, which counts every instruction: "
            f"sudo apt-get install {package}; Unicorn, which is here, counts per layer (`bitwright verify`)"
        )
    if MARKER not in code.symbols:
        raise ToolError(f"the image has no function '{MARKER}', which its harness must have")
    with tempfile.TemporaryDirectory(prefix="bitwright-") as folder:
        output = Path(folder) / "counts.txt"
        request = Request(code.symbols[MARKER], min(code.instructions), max(code.instructions) + 2, output)
        counted = replace(target, emulator=provider(emulator, request))
        try:
            with start(counted, elf) as link:
                run = Counting(link, output)
                yield run
        except (LinkError, OSError) as error:
            if output.exists():
                raise
            raise ToolError(
                f"{emulator.program} cannot load Bitwright's counting plugin ({error}); install a QEMU that was built "
                "with plugins, as Debian's and Ubuntu's are, or use `bitwright verify` for counts per layer"
            ) from error
        run.finish()


def parse(text: str) -> list[Segment]:
    """The segments of a file of counts. Raises ToolError."""
    lines = text.splitlines()
    if not lines or lines[0] != _FORMAT:
        raise ToolError("the emulator wrote no counts")
    segments: list[Segment] = []
    current: dict[int, Count] = {}
    for line in lines[1:]:
        if line == "segment":
            current = {}
            segments.append(current)
            continue
        try:
            address, *numbers = line.split()
            place, count = int(address, 16), Count(*map(int, numbers))
        except (ValueError, TypeError) as error:
            raise ToolError(f"the emulator's counts are damaged: '{line[:80]}'") from error
        if not segments:
            raise ToolError("the emulator's counts begin without a segment")
        current[place] = current[place] + count if place in current else count
    return segments


def _built_plugin(qemu: str) -> Path:
    """The plugin's shared library, compiled with the host's compiler on first use. Raises ToolError."""
    try:
        cc = compiler("host")
    except ToolError as error:
        raise ToolError(f"profiling compiles a small plugin for QEMU on this computer: {error}") from error
    version = first_line(*cc, "--version")
    api = 1 if _qemu_major(qemu) < 9 else 2
    source = _PLUGIN.read_text(encoding="utf-8")
    library = cache_folder() / f"bw_counts-{digest([source, *cc, version, str(api)])}.so"
    if not library.exists():
        with tempfile.TemporaryDirectory(prefix="bitwright-") as folder:
            draft = Path(folder) / "plugin.so"
            command = [*cc, "-std=c99", "-O2", "-shared", "-fPIC", f"-DBW_PLUGIN_API={api}", str(_PLUGIN), "-o"]
            result = subprocess.run([*command, str(draft)], capture_output=True, text=True, check=False)
            if result.returncode:
                first = (result.stderr.splitlines() or ["no message"])[0]
                raise ToolError(f"{cc[0]} cannot compile the counting plugin: {first}")
            keep(library, draft.read_bytes())
    return library


def _qemu_major(program: str) -> int:
    """QEMU's version decides by which number the plugin names its interface."""
    found = re.search(r"version (\d+)\.", first_line(program, "--version"))
    return int(found.group(1)) if found else 0
