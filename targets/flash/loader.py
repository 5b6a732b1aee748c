"""What every flashing tool looks like to the rest of Bitwright."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import InputError, TargetError
from ..target import Target

#: Called with a stage, the steps done and their number.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Job:
    """What is to be put on which board.

    Attributes:
        elf: the linked image.
        probe: serial number of the debug probe; None: the only one that is attached.
        port: the board's serial port, for tools that flash through it.
        volume: folder at which the boot loader's volume is mounted; None: it is looked for.
    """

    elf: Path
    target: Target
    probe: str | None = None
    port: str | None = None
    volume: Path | None = None
    progress: Progress | None = None

    def __post_init__(self) -> None:
        # It becomes part of scripts of the tools' own languages.
        if self.probe is not None and not re.fullmatch(r"[0-9A-Za-z:._-]+", self.probe):
            raise InputError(f"'{self.probe}' is no serial number of a probe: `bitwright boards --attached` lists them")

    def show(self, percent: int) -> None:
        """Tell how much is flashed."""
        if self.progress is not None:
            self.progress("flash", percent, 100)

    def options(self, tool: str) -> Mapping[str, Any]:
        """The table ``[loaders.TOOL]`` of the board's description."""
        board = self.target.board
        return {} if board is None else board.loaders.get(tool, {})


@dataclass(frozen=True)
class Loader:
    """A flashing tool.

    Attributes:
        name: as in ``[loaders.NAME]`` and ``--with NAME``.
        title: what its makers call it; install: the command that installs it, or where it is to be had.
        installed: whether it is.
        flash: writes the image and resets the board. Raises ToolError.
        required, optional: its options in a board's description, and their types.
        unready: None where an installed tool can do a job, else what is missing for it.
    """

    name: str
    title: str
    install: str
    installed: Callable[[], bool]
    flash: Callable[[Job], None]
    required: Mapping[str, tuple[type, ...]]
    optional: Mapping[str, tuple[type, ...]] = field(default_factory=dict)
    unready: Callable[[Job], str | None] = lambda _job: None

    def absent(self) -> str | None:
        """None where it is installed, else that it is not and the way out."""
        return None if self.installed() else f"{self.title} is not installed: {self.install}"

    def missing(self, job: Job) -> str | None:
        """None where a job can be done, else what is missing and the way out."""
        return self.absent() or self.unready(job)

    def check(self, target: Target) -> None:
        """Raise TargetError where the board's description has other options for this tool than the tool takes."""
        given = {} if target.board is None else target.board.loaders.get(self.name, {})
        place = f"{target.name}: [loaders.{self.name}]"
        lacking = sorted(self.required.keys() - given.keys())
        if lacking:
            raise TargetError(f"{place} lacks {', '.join(lacking)}")
        known = {**self.required, **self.optional}
        for key, value in given.items():
            if key not in known:
                raise TargetError(f"{place} has unknown {key}; there are {', '.join(known)}")
            if not isinstance(value, known[key]) or isinstance(value, bool):
                raise TargetError(f"{place}: '{key}' cannot be {value!r}")
