"""Runs a flashing tool that is a program of its own: bounded in time, its complaint kept."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import ToolError

#: Seconds that one run of a tool may take; the slowest boards take about a minute for a megabyte.
TIMEOUT = 180.0
_KEPT_OUTPUT = 64 * 1024
_COMPLAINTS = re.compile(r"error|fail|fatal|cannot|can't|could not|couldn't|unable|no .*found|not found", re.IGNORECASE)
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def find(*names: str) -> str | None:
    """Path of the first of these programs that is installed."""
    return next((path for path in map(shutil.which, names) if path is not None), None)


@contextmanager
def staged(elf: Path) -> Iterator[Path]:
    """A folder that holds the image as ``firmware.elf``: a name that needs no quoting in any tool's language."""
    with tempfile.TemporaryDirectory(prefix="bitwright-flash-") as scratch:
        folder = Path(scratch)
        shutil.copyfile(elf, folder / "firmware.elf")
        yield folder


def run(tool: str, command: Sequence[str], folder: Path) -> str:
    """Run a program in a folder; its output.

    Raises:
        ToolError: it failed, or ran out of time. The message ends with what it complained about; all of its output is
            in the error's notes.
    """
    with tempfile.TemporaryFile() as file:
        try:
            process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
            )
        except OSError as error:
            raise ToolError(f"{tool} does not start: {error.strerror}") from error
        try:
            code: int | None = process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
        file.seek(max(0, file.seek(0, os.SEEK_END) - _KEPT_OUTPUT))
        output = _ESCAPES.sub("", file.read().decode("utf-8", "replace"))
    if code == 0:
        return output
    what = f"took longer than {TIMEOUT:g} s and was stopped" if code is None else "failed"
    failure = ToolError(f"{tool} {what}: {complaint(output)}")
    failure.add_note(f"$ {' '.join(command)}\n{output}")
    raise failure


def complaint(output: str) -> str:
    """What a tool's output complains about: up to three different lines, else its last line."""
    lines = [" ".join(line.split()) for line in output.splitlines() if line.strip()]
    found = list(dict.fromkeys(line for line in lines if _COMPLAINTS.search(line)))
    return "; ".join(found[:3] or lines[-1:]) or "it said nothing"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop a program that still runs, and what it started."""
    if process.poll() is not None:
        return
    for stop in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        with suppress(ProcessLookupError):
            if os.name == "posix":
                os.killpg(process.pid, stop)
            else:
                process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)
            return
