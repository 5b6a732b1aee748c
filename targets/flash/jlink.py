"""J-Link Commander: SEGGER's program for its probes, driven by a script."""

from __future__ import annotations

import os

from .loader import Job, Loader
from .program import find, run, staged
from .segments import load_segments, merged

_PROGRAM = "JLink.exe" if os.name == "nt" else "JLinkExe"  # elsewhere jlink is a tool of Java's
_SPEED = 4000  # kHz
_GAP = 4096  # parts nearer than this may share a sector of the flash: they are written as one


def _flash(job: Job) -> None:
    options = job.options("jlink")
    riscv = job.target.toolchain.startswith("riscv")
    interface = options.get("interface", "JTAG" if riscv else "SWD")
    commander = [find(_PROGRAM) or _PROGRAM, "-NoGui", "1", "-ExitOnError", "1", "-Device", options["device"]]
    commander += ["-If", interface, "-Speed", str(options.get("speed", _SPEED))]
    commander += ["-JTAGConf", "-1,-1"] if interface.upper() == "JTAG" else []
    # Its USB serial number has leading zeros, its own has none.
    commander += ["-SelectEmuBySN", job.probe.lstrip("0")] if job.probe is not None else []
    with staged(job.elf) as folder:
        script = ["ExitOnError 1", "r", "h"]
        # Not every release reads ELF; parts of the flash as plain bytes are read by all.
        for index, segment in enumerate(merged(load_segments(job.elf), _GAP)):
            name = f"part{index}.bin"
            (folder / name).write_bytes(segment.data)
            script += [f"{command} {name}, {segment.address:#x}" for command in ("loadbin", "verifybin")]
        (folder / "flash.jlink").write_text("\n".join([*script, "r", "g", "qc", ""]))
        run("J-Link Commander", [*commander, "-AutoConnect", "1", "-CommanderScript", "flash.jlink"], folder)


LOADER = Loader(
    name="jlink",
    title="J-Link Commander",
    install="SEGGER's package is at https://www.segger.com/downloads/jlink/",
    installed=lambda: find(_PROGRAM) is not None,
    flash=_flash,
    required={"device": (str,)},
    optional={"interface": (str,), "speed": (int,)},
)
