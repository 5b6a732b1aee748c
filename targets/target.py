"""Targets as data: one TOML file each, checked against this schema."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ..codegen.sources import FIRMWARE
from ..converter.ir import DType, Graph
from ..errors import TargetError, UnsupportedError
from .toolchain import TOOLCHAINS

BOARDS = Path(__file__).parent / "boards"


@dataclass(frozen=True)
class Region:
    """A memory region in bytes."""

    origin: int
    size: int


@dataclass(frozen=True)
class Emulator:
    """How the target is emulated; ``counter`` says in words what its instruction counts are.

    ``defines`` are macros for the harness that hold in the emulator alone, as BW_EMULATED where ticks are instructions
    there and cycles on the chip.
    """

    program: str
    machine: str
    arguments: tuple[str, ...]
    counter: str
    defines: Mapping[str, str]


@dataclass(frozen=True)
class Board:
    """What is needed to use a target that can be plugged in.

    Attributes:
        usb: "VID:PID", in lower-case hexadecimal, of its debug probe or of the chip's own serial interface.
        serial: which UART and pins the link uses, and where they come out, in words.
        baud: of that UART.
        counter: what the link's counts are on the chip, in words; "none" where nothing is counted.
        loaders: flashing tool -> its options, the preferred tool first.
        modelled: the image has been run on a model of the chip (tests/chips).
    """

    usb: tuple[str, ...]
    serial: str
    baud: int
    counter: str
    loaders: Mapping[str, Mapping[str, Any]]
    modelled: bool = False


@dataclass(frozen=True)
class FloatUnit:
    """What a core computes in float.

    Attributes:
        types: names in ``FLOAT_TYPES`` of those that its instructions know.
        flags: of the compiler for the kernels in float, after the target's own.
    """

    types: tuple[str, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Target:
    """A board or emulator.

    Attributes:
        isa: kernel folders, most specific first.
        toolchain: a key of ``toolchain.TOOLCHAINS``; flags: of the compiler.
        flash, ram: None on the host.
        cores: how many run a network together.
        float_unit: None where layers cannot be switched to float.
        sources, linker_script: files of ``firmware/platform``; defines: macros for them.
    """

    name: str
    description: str
    cpu: str
    isa: tuple[str, ...]
    toolchain: str
    flags: tuple[str, ...]
    sources: tuple[str, ...]
    linker_script: str | None
    defines: Mapping[str, str]
    flash: Region | None
    ram: Region | None
    emulator: Emulator | None
    cores: int = 1
    board: Board | None = None
    float_unit: FloatUnit | None = None

    def serving(self, graph: Graph) -> Target:
        """The same target with the kernels, and the start-up code, that a network's layers in float need.

        Raises:
            UnsupportedError: the core does not compute in their type.
        """
        served = () if self.float_unit is None else self.float_unit.types
        for node in sorted(graph.nodes, key=lambda node: node.op.endswith("QUANTIZE")):  # layers first, bridges last
            kinds = [graph.tensor(name).dtype for name in node.outputs if node.in_float]
            for kind in kinds:
                if kind.is_float and FLOAT_TYPES[kind] not in served:
                    raise UnsupportedError(node.name, node.plain.op, _why_not(self, kind))
        if not graph.float_types or "fpu" in self.isa:
            return self
        return replace(self, isa=(*self.isa, "fpu"), defines={**self.defines, "BW_FPU": "1"})

    def on_hardware(self) -> Target:
        """The same target without its emulator: what is built runs on the board itself. Raises TargetError."""
        if self.board is None:
            raise TargetError(f"{self.name} is an emulator only: there is no board to plug in")
        return replace(self, emulator=None)


#: How recipes and targets name the types.
FLOAT_TYPES: Mapping[DType, str] = {DType.FLOAT32: "f32", DType.FLOAT16: "f16"}


def _why_not(target: Target, kind: DType) -> str:
    """Why a layer cannot compute in a type on a target, and what to do."""
    able = [t.name for t in all_targets() if t.float_unit is not None and FLOAT_TYPES[kind] in t.float_unit.types]
    what = "has no floating-point unit" if target.float_unit is None else f"computes {target.float_unit.types[0]} only"
    ways = f"choose a target that does ({', '.join(able[:4])}{', …' if len(able) > 4 else ''}), or quantize it again"
    return f"the layer is switched to {FLOAT_TYPES[kind]}, but {target.name} ({target.cpu}) {what}: {ways}"


_MOST_CORES = 64
_MOST_BAUD = 4_000_000
_OPTIONAL = {"memory", "emulator", "cores", "board", "loaders", "float"}
_SECTIONS: Mapping[str, tuple[set[str], set[str]]] = {
    "": ({"description", "cpu", "isa", "toolchain", "platform"}, _OPTIONAL),
    "toolchain": ({"name", "flags"}, set()),
    "platform": ({"sources"}, {"linker_script", "defines"}),
    "float": ({"types", "flags"}, set()),
    "memory": ({"flash", "ram"}, set()),
    "emulator": ({"program", "machine", "arguments", "counter"}, {"defines"}),
    "board": ({"usb", "serial", "baud", "counter"}, {"modelled"}),
}
#: Tools that flash a board; targets/flash/table.py has them.
LOADER_NAMES = ("pyocd", "openocd", "esptool", "probe-rs", "uf2", "jlink")


@cache
def all_targets() -> tuple[Target, ...]:
    """Every target, by name."""
    return tuple(read_target(path) for path in sorted(BOARDS.glob("*.toml")))


def find_target(name: str) -> Target:
    """The target of that name, or of a TOML file of the user's. Raises TargetError."""
    if name.endswith(".toml"):
        return read_target(Path(name))
    for target in all_targets():
        if target.name == name:
            return target
    known = ", ".join(target.name for target in all_targets())
    raise TargetError(f"there is no target '{name}'; there are {known}")


def read_target(path: Path) -> Target:
    """A target description. Raises TargetError naming the file and the field."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TargetError(f"'{path}' cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise TargetError(f"{path}: {error}") from error
    for section, (required, optional) in _SECTIONS.items():
        table = content if not section else content.get(section)
        if table is not None:
            _check_keys(path, section, table, required, optional)
    fields = _Fields(path)
    _check_files(path, content)
    platform, memory, emulator = content["platform"], content.get("memory"), content.get("emulator")
    flash, ram = (fields.region(memory, part) if memory else None for part in ("flash", "ram"))
    _check_memory(path, flash, ram, "linker_script" in platform)
    return Target(
        name=path.stem,
        description=fields.text(content, "description"),
        cpu=fields.text(content, "cpu"),
        isa=fields.texts(content, "isa", least=1),
        toolchain=fields.choice(content["toolchain"], "name", TOOLCHAINS),
        flags=fields.texts(content["toolchain"], "flags"),
        sources=fields.texts(platform, "sources"),
        linker_script=fields.text(platform, "linker_script") if "linker_script" in platform else None,
        defines=fields.defines(platform),
        flash=flash,
        ram=ram,
        emulator=fields.emulator(emulator) if emulator else None,
        cores=fields.count(content, "cores", _MOST_CORES) if "cores" in content else 1,
        board=fields.board(content) if "board" in content else None,
        float_unit=fields.float_unit(content["float"]) if "float" in content else None,
    )


@dataclass(frozen=True)
class _Fields:
    """Fields of a description by type. Each raises TargetError naming the file and the field."""

    path: Path

    def text(self, table: Mapping[str, Any], key: str) -> str:
        return str(self._typed(table, key, str, "a text"))

    def texts(self, table: Mapping[str, Any], key: str, least: int = 0) -> tuple[str, ...]:
        values = self._typed(table, key, list, "a list of texts")
        if len(values) < least or not all(isinstance(value, str) for value in values):
            raise TargetError(f"{self.path}: '{key}' must be a list of {least} or more texts")
        return tuple(values)

    def choice(self, table: Mapping[str, Any], key: str, allowed: Iterable[str]) -> str:
        value = self.text(table, key)
        if value not in allowed:
            raise TargetError(f"{self.path}: '{key}' must be one of {', '.join(allowed)}, not '{value}'")
        return value

    def count(self, table: Mapping[str, Any], key: str, most: int) -> int:
        value = int(self._typed(table, key, int, "a number"))
        if not 1 <= value <= most:
            raise TargetError(f"{self.path}: '{key}' must be 1 to {most}, not {value}")
        return value

    def table(self, table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        return dict(self._typed(table, key, dict, "a table"))

    def region(self, memory: Mapping[str, Any], key: str) -> Region:
        table = self.table(memory, key)
        if table.keys() != {"origin", "size"}:
            raise TargetError(f"{self.path}: '{key}' must be a table of origin and size")
        origin, size = (self._typed(table, part, int, "a number") for part in ("origin", "size"))
        if not (origin >= 0 and size > 0 and origin + size <= 2**32):
            raise TargetError(f"{self.path}: '{key}' of {size} bytes at 0x{origin:x} is outside 32-bit memory")
        return Region(origin, size)

    def emulator(self, table: Mapping[str, Any]) -> Emulator:
        program, machine, counter = (self.text(table, key) for key in ("program", "machine", "counter"))
        return Emulator(program, machine, self.texts(table, "arguments"), counter, self.defines(table))

    def float_unit(self, table: Mapping[str, Any]) -> FloatUnit:
        types, known = self.texts(table, "types", least=1), list(FLOAT_TYPES.values())
        if not set(types) <= set(known):
            raise TargetError(f"{self.path}: 'types' must be of {', '.join(known)}, not {', '.join(types)}")
        return FloatUnit(types, self.texts(table, "flags"))

    def defines(self, table: Mapping[str, Any]) -> Mapping[str, str]:
        macros = self.table(table, "defines") if "defines" in table else {}
        return {name: self.text(macros, name) for name in macros}

    def board(self, content: Mapping[str, Any]) -> Board:
        table, tools = content["board"], self.table(content, "loaders") if "loaders" in content else {}
        usb = self.texts(table, "usb")
        for identity in usb:
            if not re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{4}", identity):
                raise TargetError(f"{self.path}: 'usb' must hold texts like \"0483:374b\", not '{identity}'")
        unknown = [tool for tool in tools if tool not in LOADER_NAMES]
        if unknown:
            raise TargetError(
                f"{self.path}: [loaders] has unknown loaders {', '.join(unknown)}; there are {', '.join(LOADER_NAMES)}"
            )
        loaders = {tool: dict(self.table(tools, tool)) for tool in tools}
        baud = self.count(table, "baud", _MOST_BAUD)
        modelled = bool(self._typed(table, "modelled", bool, "true or false")) if "modelled" in table else False
        return Board(usb, self.text(table, "serial"), baud, self.text(table, "counter"), loaders, modelled)

    def _typed(self, table: Mapping[str, Any], key: str, kind: type, what: str) -> Any:
        value = table.get(key) if isinstance(table, Mapping) else None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise TargetError(f"{self.path}: '{key}' must be {what}")
        return table[key]


def _check_keys(path: Path, section: str, table: Any, required: set[str], optional: set[str]) -> None:
    place = f"{path}: [{section}]" if section else str(path)
    if not isinstance(table, Mapping):
        raise TargetError(f"{place} must be a table")
    missing, unknown = required - table.keys(), table.keys() - required - optional
    if missing or unknown:
        what = [f"lacks {', '.join(sorted(missing))}"] if missing else []
        what += [f"has unknown {', '.join(sorted(unknown))}"] if unknown else []
        raise TargetError(f"{place} {' and '.join(what)}")


def _check_files(path: Path, content: Mapping[str, Any]) -> None:
    """Raise TargetError where a description names a kernel folder or a platform file that does not exist."""
    platform = content["platform"]
    folders, files = FIRMWARE / "kernels", FIRMWARE / "platform"
    named = {"isa": (content["isa"], folders), "sources": (platform["sources"], files)}
    if "linker_script" in platform:
        named["linker_script"] = ([platform["linker_script"]], files)
    for key, (names, folder) in named.items():
        there = {entry.name for entry in folder.iterdir() if entry.is_dir() == (folder == folders)}
        for name in names if isinstance(names, list) else []:
            if isinstance(name, str) and name not in there:
                raise TargetError(f"{path}: '{key}' names '{name}'; there are {', '.join(sorted(there))}")
    if "loaders" in content and "board" not in content:
        raise TargetError(f"{path}: [loaders] needs a [board] that they flash")


def _check_memory(path: Path, flash: Region | None, ram: Region | None, linked: bool) -> None:
    """Raise TargetError where flash and RAM overlap and are not one memory, or an image is to be linked nowhere."""
    if flash is None or ram is None:
        if linked:
            raise TargetError(f"{path}: 'linker_script' needs the [memory] that it places the image in")
        return
    if flash != ram and max(flash.origin, ram.origin) < min(flash.origin + flash.size, ram.origin + ram.size):
        raise TargetError(f"{path}: flash at 0x{flash.origin:x} and RAM at 0x{ram.origin:x} overlap")
