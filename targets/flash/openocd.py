"""OpenOCD: a program that drives most debug probes; a board names its configuration files."""

from __future__ import annotations

from pathlib import Path

from .loader import Job, Loader
from .program import find, run, staged
from .segments import entry_point

_PROGRAM = "program firmware.elf verify reset exit"
#: For chips without flash of their own: the image is gone when the power is.
_LOAD = "init; halt; load_image firmware.elf; verify_image firmware.elf; resume {entry:#x}; shutdown"


def configs(job: Job) -> list[str]:
    """The board's configuration files: names of OpenOCD's own, or paths of the user's."""
    value = job.options("openocd")["config"]
    names = [value] if isinstance(value, str) else [str(name) for name in value]
    return [str(Path(name).resolve()) if Path(name).is_file() else name for name in names]


def _flash(job: Job) -> None:
    # The probe is chosen first: some boards' files connect to it themselves.
    probe = ["-c", f"adapter serial {job.probe}"] if job.probe is not None else []
    files = [part for config in configs(job) for part in ("-f", config)]
    in_ram = job.options("openocd").get("load") == "ram"
    action = _LOAD.format(entry=entry_point(job.elf)) if in_ram else _PROGRAM
    with staged(job.elf) as folder:
        run("OpenOCD", [find("openocd") or "openocd", *probe, *files, "-c", action], folder)


LOADER = Loader(
    name="openocd",
    title="OpenOCD",
    install="sudo apt-get install openocd",
    installed=lambda: find("openocd") is not None,
    flash=_flash,
    required={"config": (str, list)},
    optional={"load": (str,)},
)
