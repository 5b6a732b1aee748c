"""The project's own instruction-set simulator (``targets/iss``), compiled with the host's compiler on first use."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from ..errors import ToolError
from .cache import cache_folder, digest, keep
from .target import Target
from .toolchain import compiler

#: What a target's ``[emulator]`` calls it; ``machine`` is the instruction set: xcv or xpulpv2.
PROGRAM = "bitwright-iss"
SOURCES = Path(__file__).parent / "iss"
FLAGS = ("-std=c11", "-O2", "-D_POSIX_C_SOURCE=200809L")


def command(target: Target, elf: Path) -> list[str]:
    """The command line that simulates an image; the UART is the process's standard input and output.

    Raises:
        ToolError: the simulator cannot be built. ValueError: the target has no memory map.
    """
    if target.emulator is None or target.flash is None or target.ram is None:
        raise ValueError("a simulated target has memory and an emulator")
    regions = [
        option
        for name, region in (("--rom", target.flash), ("--ram", target.ram))
        for option in (name, f"{region.origin}:{region.size}")
    ]
    machine = ["--isa", target.emulator.machine, *(["--harts", str(target.cores)] if target.cores > 1 else [])]
    return [str(built()), *regions, *machine, *target.emulator.arguments, str(elf)]


def built() -> Path:
    """Path of the simulator's program, from the cache where its sources were compiled before. Raises ToolError."""
    try:
        cc = compiler("host")
    except ToolError as error:
        raise ToolError(f"the simulator is compiled on this computer: {error}") from error
    sources = sorted(SOURCES.glob("*.[ch]"))
    name = digest([*cc, *FLAGS, *(part for path in sources for part in (path.name, path.read_text(encoding="utf-8")))])
    program = cache_folder() / f"bw_iss-{name}"
    if not program.exists():
        with tempfile.TemporaryDirectory(prefix="bitwright-") as folder:
            draft = Path(folder) / "iss"
            units = [str(path) for path in sources if path.suffix == ".c"]
            build = [*cc, *FLAGS, *units, "-o", str(draft)]
            result = subprocess.run(build, capture_output=True, text=True, check=False)
            if result.returncode:
                first = (result.stderr.splitlines() or ["no message"])[0]
                raise ToolError(f"{cc[0]} cannot compile the simulator: {first}; set CC to a C11 compiler")
            keep(program, draft.read_bytes(), executable=True)
    if not os.access(program, os.X_OK):
        raise ToolError(f"'{program}' cannot be executed; set BITWRIGHT_CACHE to a folder for programs")
    return program
