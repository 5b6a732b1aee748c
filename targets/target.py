"""Targets as data: one TOML file each, checked against this schema."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import TargetError

BOARDS = Path(__file__).parent / "boards"


@dataclass(frozen=True)
class Region:
    """A memory region in bytes."""

    origin: int
    size: int


@dataclass(frozen=True)
class Emulator:
    """How the target is emulated; ``counter`` says in words what its instruction counts are."""

    program: str
    machine: str
    arguments: tuple[str, ...]
    counter: str


@dataclass(frozen=True)
class Target:
    """A board or emulator.

    Attributes:
        isa: kernel folders, most specific first.
        toolchain: a key of ``toolchain.TOOLCHAINS``; flags: of the compiler.
        flash, ram: None on the host.
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


_SECTIONS: Mapping[str, tuple[set[str], set[str]]] = {
    "": ({"description", "cpu", "isa", "toolchain", "platform"}, {"memory", "emulator"}),
    "toolchain": ({"name", "flags"}, set()),
    "platform": ({"sources"}, {"linker_script", "defines"}),
    "memory": ({"flash", "ram"}, set()),
    "emulator": ({"program", "machine", "arguments", "counter"}, set()),
}


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
        content = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise TargetError(f"{path}: {error}") from error
    for section, (required, optional) in _SECTIONS.items():
        table = content if not section else content.get(section)
        if table is not None:
            _check_keys(path, section, table, required, optional)
    platform, memory = content["platform"], content.get("memory")
    try:
        return Target(
            name=path.stem,
            description=str(content["description"]),
            cpu=str(content["cpu"]),
            isa=tuple(content["isa"]),
            toolchain=str(content["toolchain"]["name"]),
            flags=tuple(content["toolchain"]["flags"]),
            sources=tuple(platform["sources"]),
            linker_script=platform.get("linker_script"),
            defines=dict(platform.get("defines", {})),
            flash=Region(**memory["flash"]) if memory else None,
            ram=Region(**memory["ram"]) if memory else None,
            emulator=_emulator(content.get("emulator")),
        )
    except TypeError as error:
        raise TargetError(f"{path}: {error}") from error


def _emulator(table: Mapping[str, Any] | None) -> Emulator | None:
    if table is None:
        return None
    return Emulator(table["program"], table["machine"], tuple(table["arguments"]), table["counter"])


def _check_keys(path: Path, section: str, table: Any, required: set[str], optional: set[str]) -> None:
    place = f"{path}: [{section}]" if section else str(path)
    if not isinstance(table, Mapping):
        raise TargetError(f"{place} must be a table")
    missing, unknown = required - table.keys(), table.keys() - required - optional
    if missing or unknown:
        what = [f"lacks {', '.join(sorted(missing))}"] if missing else []
        what += [f"has unknown {', '.join(sorted(unknown))}"] if unknown else []
        raise TargetError(f"{place} {' and '.join(what)}")
