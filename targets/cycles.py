"""Estimates cycles from exact counts, by a model of one core: ``cores/*.toml``, one file each. docs/profile.md.

A core's file gives cycles per class of instructions, exceptions by name, what leaving the straight line costs, and
which of a few well-known effects between neighbours in memory it has.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import TargetError
from .counts import Count
from .disassembly import Disassembly
from .instructions import CLASSES, Decoded

CORES = Path(__file__).parent / "cores"
_KEYS = {
    "description": str, "cpus": list, "source": str, "errors": list, "taken": int, "pipelined_memory": bool,
    "address_stall": int, "load_use": int, "unaligned_target": int, "dual_issue": bool, "second_issue": list,
    "beats": int, "classes": dict, "names": dict,
}  # fmt: skip
_NEEDED = {"description", "cpus", "source", "errors", "taken"}


@dataclass(frozen=True)
class Cost:
    """Cycles of one execution, more per word moved, and more when it jumps (None: the core's ``taken``)."""

    cycles: float
    per_word: float = 0.0
    taken: float | None = None


@dataclass(frozen=True)
class Core:
    """A core's timing.

    Attributes:
        cpus: values of a target's ``cpu`` that mean this core.
        source, errors: where the numbers come from, and what they leave out.
        taken: cycles to refill the pipeline when the next instruction is another than that in memory.
        pipelined_memory: a load or store right after one takes a cycle less.
        address_stall: cycles when a load's or store's address was computed just before it.
        load_use: cycles when a loaded value is used by the next instruction.
        unaligned_target: cycles more for a jump to a 32-bit instruction that is not word-aligned.
        second_issue: classes of instructions that may issue beside the one before them; empty where none do.
        beats: cycles of a vector instruction; it overlaps by one with a neighbour of the other kind. 0: no vectors.
        classes, names: cost by class and by pattern of the name, which goes first.
    """

    name: str
    description: str
    cpus: tuple[str, ...]
    source: str
    errors: tuple[str, ...]
    taken: float
    pipelined_memory: bool
    address_stall: int
    load_use: int
    unaligned_target: int
    second_issue: frozenset[str]
    beats: int
    classes: Mapping[str, Cost]
    names: tuple[tuple[re.Pattern[str], Cost], ...]

    def cost(self, instruction: Decoded) -> Cost:
        """What one execution costs by itself."""
        for pattern, cost in self.names:
            if pattern.fullmatch(instruction.name):
                return cost
        if self.beats and instruction.is_vector:
            return Cost(self.beats)
        return self.classes.get(instruction.kind, _ONE)


_ONE = Cost(1)


@cache
def all_cores() -> tuple[Core, ...]:
    """Every core that comes with Bitwright, by name."""
    return tuple(read_core(path) for path in sorted(CORES.glob("*.toml")))


def find_core(name: str) -> Core:
    """The core of that name, or of a TOML file of the user's. Raises TargetError."""
    if name.endswith(".toml"):
        return read_core(Path(name))
    for core in all_cores():
        if core.name == name:
            return core
    raise TargetError(f"there is no core '{name}'; there are {', '.join(core.name for core in all_cores())}")


def core_of(cpu: str) -> Core | None:
    """The core that a target's ``cpu`` means; None where no file lists it."""
    return next((core for core in all_cores() if cpu in core.cpus), None)


def read_core(path: Path) -> Core:
    """A core's description. Raises TargetError naming the file and the field."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TargetError(f"'{path}' cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise TargetError(f"{path}: {error}") from error
    wrong = [key for key, value in content.items() if not isinstance(value, _KEYS.get(key, ()))]
    if wrong or _NEEDED - content.keys():
        raise TargetError(f"{path}: wrong or missing: {', '.join([*wrong, *sorted(_NEEDED - content.keys())])}")
    if unknown := (content.get("classes", {}).keys() | set(content.get("second_issue", ()))) - set(CLASSES):
        raise TargetError(f"{path}: there is no class '{min(unknown)}'; there are {', '.join(CLASSES)}")
    try:
        names = tuple((re.compile(pattern), _cost(value)) for pattern, value in content.get("names", {}).items())
        classes = {name: _cost(value) for name, value in content.get("classes", {}).items()}
    except (re.error, TypeError, ValueError) as error:
        raise TargetError(f"{path}: {error}") from error
    return Core(
        name=path.stem,
        description=content["description"],
        cpus=tuple(content["cpus"]),
        source=content["source"],
        errors=tuple(content["errors"]),
        taken=content["taken"],
        pipelined_memory=content.get("pipelined_memory", False),
        address_stall=content.get("address_stall", 0),
        load_use=content.get("load_use", 0),
        unaligned_target=content.get("unaligned_target", 0),
        second_issue=frozenset(content.get("second_issue", ())) if content.get("dual_issue") else frozenset(),
        beats=content.get("beats", 0),
        classes=classes,
        names=names,
    )


def _cost(value: Any) -> Cost:
    return Cost(**value) if isinstance(value, dict) else Cost(float(value))


class Estimator:
    """Cycles of counted instructions of one image on one core."""

    def __init__(self, core: Core, code: Disassembly, toolchain: str) -> None:
        self._core = core
        self._code = code
        self._decoded = {address: Decoded(i, toolchain) for address, i in code.instructions.items()}
        self._once = dict(self._straight_line())

    def cycles(self, address: int, count: Count) -> float:
        """Cycles of all executions of one instruction."""
        instruction = self._decoded.get(address)
        if instruction is None:
            return float(count.executed)
        cost = self._core.cost(instruction)
        total = count.executed * self._once[address] + cost.per_word * (count.loaded + count.stored) / 4
        if instruction.kind != "branch" and "pc" not in instruction.writes:
            return total  # the end of a hardware loop goes back for free
        taken = self._core.taken if cost.taken is None else cost.taken
        return total + count.jumped * (taken + self._misplaced(instruction))

    def _misplaced(self, instruction: Decoded) -> int:
        """Cycles more where the target of a jump is known and lies badly."""
        place = instruction.instruction.place
        if not self._core.unaligned_target or place is None or place % 4 == 0:
            return 0
        return self._core.unaligned_target if self._code.following.get(place, 0) - place == 4 else 0

    def _straight_line(self) -> Iterable[tuple[int, float]]:
        """Every instruction with the cycles of one execution, given the neighbours in memory as those in time."""
        core = self._core
        before: Decoded | None = None
        paired = True  # whether the instruction before was the second of a pair
        for address in sorted(self._decoded):
            now = self._decoded[address]
            cycles = core.cost(now).cycles
            if before is None or before.leaves:
                before, paired = now, False
                yield address, cycles
                continue
            if core.beats and now.is_vector and before.is_vector and (now.kind in _MEMORY) != (before.kind in _MEMORY):
                cycles -= 1
            if core.pipelined_memory and now.kind in _MEMORY and before.kind in _MEMORY and not now.is_multiple:
                cycles -= 1 if cycles > 1 and not before.writes & now.base else 0
            if now.kind in _MEMORY and before.kind not in (*_MEMORY, "branch") and before.writes & now.base:
                cycles += core.address_stall
            if before.kind == "load" and not before.is_vector and before.writes & now.reads:
                cycles += core.load_use
            paired = not paired and self._pairs(before, now)
            if paired:
                cycles -= 1
            before = now
            yield address, max(0.0, cycles)

    def _pairs(self, first: Decoded, second: Decoded) -> bool:
        """Whether two neighbours issue in the same cycle: the second is simple and does not need the first."""
        if second.kind not in self._core.second_issue or first.kind == "branch" or first.is_multiple:
            return False
        if second.is_multiple or first.writes & (second.reads | second.writes):
            return False
        return not (first.kind == second.kind == "store") and (second.kind != "branch" or first.kind != "load")


_MEMORY = ("load", "store")
