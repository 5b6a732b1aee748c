"""The flashing tools, and the choice among those that a board can be flashed with."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import InputError, TargetError, ToolError
from ..target import Target
from . import esptool, jlink, openocd, probe_rs, pyocd, uf2
from .loader import Job, Loader
from .segments import check_image

LOADERS: Mapping[str, Loader] = {
    loader.name: loader
    for loader in (pyocd.LOADER, openocd.LOADER, esptool.LOADER, probe_rs.LOADER, uf2.LOADER, jlink.LOADER)
}


def loaders_of(target: Target) -> list[Loader]:
    """The tools that a board can be flashed with, the preferred first. Raises TargetError."""
    if target.board is None:
        raise TargetError(f"{target.name} is an emulator only: there is no board to flash")
    found = [LOADERS[name] for name in target.board.loaders]
    for loader in found:
        loader.check(target)
    if not found:
        raise TargetError(f"{target.name} names no tool that flashes it")
    return found


def choose(job: Job, name: str | None = None) -> Loader:
    """The tool of that name, or the board's first that can do the job.

    Raises:
        InputError: the board cannot be flashed with that tool. ToolError: none is there; it names all, and the command
            that installs each.
    """
    served = loaders_of(job.target)
    if name is not None:
        chosen = [loader for loader in served if loader.name == name]
        if not chosen:
            names = ", ".join(loader.name for loader in served)
            raise InputError(f"{job.target.name} cannot be flashed with '{name}'; it can with {names}")
        reason = chosen[0].missing(job)
        if reason is not None:
            raise ToolError(reason)
        return chosen[0]
    reasons = []
    for loader in served:
        reason = loader.missing(job)
        if reason is None:
            return loader
        reasons.append(reason)
    raise ToolError(f"nothing can flash {job.target.name}: {'; or '.join(reasons)}")


def flash(job: Job, name: str | None = None) -> str:
    """Put the image on the board and reset it; the name of the tool that did it.

    Raises:
        TargetError: the image is for another board. ToolError, InputError: no tool, or it failed.
    """
    check_image(job.elf, job.target)
    loader = choose(job, name)
    job.show(0)
    loader.flash(job)
    job.show(100)
    return loader.name
