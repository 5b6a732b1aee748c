"""Builds a generated project for the board that it is to be flashed to."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..codegen.project import MARKER
from ..errors import InputError
from .build import INCLUDES, build
from .target import Target

_LINK_MAIN = "bw_main.c"
_LARGEST_MARKER = 16 * 1024 * 1024


@dataclass(frozen=True)
class Firmware:
    """An image, the build id that its project states (None for an image without a project), and whether it speaks the
    link's protocol: a firmware around another application does not."""

    elf: Path
    build_id: str | None
    answers: bool = True


@contextmanager
def firmware(place: Path, target: Target) -> Iterator[Firmware]:
    """The image of a project's folder, built anew for the board's chip, or the image that a file is.

    What CMake left in the folder is not taken: a project that was written for ``--target`` is built for the emulator
    there, whose counts are instructions.

    Raises:
        InputError: the place is neither, or the project is for another target. ToolError, ResourceError: it cannot be
            built.
    """
    if place.is_file():
        yield Firmware(place, None)
        return
    name, build_id = _described(place, target)
    with tempfile.TemporaryDirectory(prefix="bitwright-") as scratch:
        folder = Path(scratch)
        for part in (*INCLUDES, "harness"):
            shutil.copytree(place / part, folder / part)
        answers = (folder / "harness" / _LINK_MAIN).is_file()
        yield Firmware(build(folder, target, name).firmware, build_id, answers)


def _described(folder: Path, target: Target) -> tuple[str, str]:
    """Name and build id of a project, from its bitwright.json. Raises InputError."""
    path = folder / MARKER
    if not path.is_file():
        raise InputError(f"'{folder}' is neither an image nor a project of `bitwright compile`: there is no {MARKER}")
    try:
        if path.stat().st_size > _LARGEST_MARKER:
            raise ValueError("it is too large")
        content = json.loads(path.read_text(encoding="utf-8"))
        name, made_for, build_id = (str(content[key]) for key in ("name", "target", "build_id"))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"'{path}' is damaged: {error}; write the project again") from error
    if made_for != target.name:
        raise InputError(
            f"'{folder}' was made for {made_for}, not for {target.name}: "
            f"bitwright compile MODEL --board {target.name} -o '{folder}'"
        )
    missing = [part for part in (*INCLUDES, "harness") if not (folder / part).is_dir()]
    if missing or not (folder / "src" / f"{name}.c").is_file():
        raise InputError(f"'{folder}' lacks {', '.join(missing) or f'src/{name}.c'}: write the project again")
    return name, build_id
