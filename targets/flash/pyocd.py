"""pyOCD, as a library: CMSIS-DAP, ST-LINK and J-Link probes for Cortex-M chips."""

from __future__ import annotations

import importlib.util
import io
import logging
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from ...errors import ToolError
from . import program
from .loader import Job, Loader
from .segments import load_segments

_LISTING = 10.0  # seconds that looking for probes may take

Result = TypeVar("Result")


def installed() -> bool:
    """Whether the library is here."""
    return importlib.util.find_spec("pyocd") is not None


def probes() -> list[tuple[str, str]]:
    """Serial number and description of every attached debug probe. Raises ToolError."""

    def listed() -> list[tuple[str, str]]:
        return [(str(probe.unique_id), str(probe.description)) for probe in _attached()]

    return _bounded("looking for probes", _LISTING, listed)


def _flash(job: Job) -> None:
    _bounded("flashing", program.TIMEOUT, lambda: _program(job))


def _program(job: Job) -> None:
    from pyocd.core.session import Session
    from pyocd.flash.file_programmer import FileProgrammer

    probe = _chosen(job)
    options = {"target_override": job.options("pyocd")["target"], "no_config": True, "hide_programming_progress": True}
    with Session(probe, options=options) as session:
        for segment in load_segments(job.elf):
            # What lies in no memory that pyOCD knows of would be passed over with a warning.
            if session.target.memory_map.get_region_for_address(segment.address) is None:
                raise ToolError(f"pyOCD's {session.board.target_type} has no memory at {segment.address:#x}")
        programmer = FileProgrammer(session, progress=lambda part: job.show(round(part * 100)))
        programmer.program(str(job.elf), file_format="elf")
        session.target.reset()


def _chosen(job: Job) -> Any:
    """The probe of that serial number, or the only one. Raises ToolError."""
    everything = _attached()
    found = [probe for probe in everything if (job.probe or "").lower() in str(probe.unique_id).lower()]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{probe.unique_id} ({probe.description})" for probe in found or everything)
    if found:
        raise ToolError(f"several probes are attached: choose with --probe: {known}")
    if known:
        raise ToolError(f"there is no probe '{job.probe}'; there are {known}")
    raise ToolError("no debug probe is attached: check its cable and, on Linux, the udev rule (docs/flashing.md)")


def _attached() -> list[Any]:
    from pyocd.core.helpers import ConnectHelper

    return list(ConnectHelper.get_all_connected_probes(blocking=False))


def _unready(job: Job) -> str | None:
    name = job.options("pyocd")["target"]
    try:
        known = _bounded("looking for packs", _LISTING, lambda: knows(name))
    except ToolError as error:
        return str(error)
    return None if known else f"pyOCD has no flash algorithm for {name} yet: pyocd pack install {name}"


def knows(name: str) -> bool:
    """Whether a chip is built in, or comes from a pack that is installed."""
    from pyocd.target import TARGET, normalise_target_type_name
    from pyocd.target.pack.pack_target import ManagedPacks

    if normalise_target_type_name(name) in TARGET:
        return True
    return any(device.part_number.lower() == name.lower() for device in ManagedPacks.get_installed_targets())


def _bounded(what: str, seconds: float, work: Callable[[], Result]) -> Result:
    """The result of work with a probe. Raises ToolError when it fails or takes too long; what pyOCD said is noted."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    log = logging.getLogger("pyocd")
    done: list[Result] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:
            failed.append(error)

    log.addHandler(handler)
    try:
        # A probe that hangs cannot be interrupted: it is left alone, and does not keep the program from ending.
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(seconds)
    finally:
        log.removeHandler(handler)
    if done:
        return done[0]
    if not failed:
        raise ToolError(f"pyOCD: {what} took longer than {seconds:g} s: unplug the board and plug it in again")
    if isinstance(failed[0], ToolError):
        raise failed[0]
    reason = " ".join(str(failed[0]).split()) or type(failed[0]).__name__
    error = ToolError(f"pyOCD failed: {reason}")
    error.add_note(said.getvalue())
    raise error from failed[0]


LOADER = Loader(
    name="pyocd",
    title="pyOCD",
    install="pip install 'bitwright[boards]'",
    installed=installed,
    flash=_flash,
    required={"target": (str,)},
    unready=_unready,
)
