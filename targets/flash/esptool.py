"""esptool: Espressif's chips, through their serial port. Run as a program: its license (GPL) is not Bitwright's."""

from __future__ import annotations

import re
from pathlib import Path

from .loader import Job, Loader
from .program import find, run, staged

# What every board's flash can do; the boot ROM reads the rest of the image as this says.
_FLASH = ("-fm", "dio", "-ff", "40m")
_BAUD = 460_800


def _program() -> str | None:
    return find("esptool", "esptool.py")


def _unready(job: Job) -> str | None:
    if job.port is None or ("://" in job.port and not job.port.startswith(("socket://", "rfc2217://"))):
        return f"esptool flashes {job.target.name} through its serial port: give it with --port"
    return None


def _flash(job: Job) -> None:
    options = job.options("esptool")
    with staged(job.elf) as folder:
        image = convert(folder / "firmware.elf", options["chip"])
        program = [_program() or "esptool", "--chip", options["chip"]]
        port = ["--port", str(job.port), "--baud", str(options.get("baud", _BAUD))]
        place = hex(options.get("offset", 0))
        run("esptool", [*program, *port, _command("write-flash", folder), place, image.name], folder)


def convert(elf: Path, chip: str) -> Path:
    """The image in the format that the chip's boot ROM loads, beside the ELF. Raises ToolError."""
    image = elf.with_suffix(".bin")
    arguments = ["--chip", chip, "elf2image", *_FLASH, "-o", image.name, elf.name]
    run("esptool", [_program() or "esptool", *arguments], elf.parent)
    return image


def _command(name: str, folder: Path) -> str:
    """A command as the installed release spells it: with a hyphen since 5, with an underscore before."""
    found = re.search(r"^v?(\d+)\.", run("esptool", [_program() or "esptool", "version"], folder).splitlines()[-1])
    return name if found is None or int(found.group(1)) >= 5 else name.replace("-", "_")


LOADER = Loader(
    name="esptool",
    title="esptool",
    install="pip install esptool",
    installed=lambda: _program() is not None,
    flash=_flash,
    required={"chip": (str,)},
    optional={"offset": (int,), "baud": (int,)},
    unready=_unready,
)
