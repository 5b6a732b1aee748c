"""probe-rs: a program that drives CMSIS-DAP, ST-LINK, J-Link and the ESP32's own USB interface."""

from __future__ import annotations

from serial.tools import list_ports

from .loader import Job, Loader
from .program import find, run, staged


def _selector(job: Job) -> list[str]:
    """A probe as probe-rs names it: VID:PID:SERIAL."""
    if job.probe is None or ":" in job.probe:
        return [] if job.probe is None else ["--probe", job.probe]
    own = [f"{p.vid:04x}:{p.pid:04x}" for p in list_ports.comports() if p.serial_number == job.probe and p.vid]
    usb = own or (job.target.board.usb if job.target.board is not None else ())
    return ["--probe", f"{usb[0]}:{job.probe}" if usb else job.probe]


def _flash(job: Job) -> None:
    program = find("probe-rs") or "probe-rs"
    common = ["--non-interactive", "--chip", job.options("probe-rs")["chip"], *_selector(job)]
    with staged(job.elf) as folder:
        run("probe-rs", [program, "download", *common, "--disable-progressbars", "--verify", "firmware.elf"], folder)
        run("probe-rs", [program, "reset", *common], folder)


LOADER = Loader(
    name="probe-rs",
    title="probe-rs",
    install="cargo install probe-rs-tools --locked",
    installed=lambda: find("probe-rs") is not None,
    flash=_flash,
    required={"chip": (str,)},
)
