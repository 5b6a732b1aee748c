"""Runs a flashing tool that is a program of its own: bounded in time, its complaint kept."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import ToolError

#: Seconds that one run of a tool may take; the slowest boards take about a minute for a megabyte.
TIMEOUT = 180.0
_KEPT_OUTPUT = 64 * 1024
#: Lines that complain, the surest first.
_COMPLAINTS = (r"\w.*\b(error|fatal)\b|\b(error|fatal)\b.*\w", r"fail|cannot|can't|could not|unable|invalid|not found")
#: What dresses a tool's output for a terminal: escape sequences and frames around text.
_DRESS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\u2500-\u257f]")


def find(*names: str) -> str | None:
    """Path of the first of these programs that is installed: on PATH, or in this Python's environment."""
    own = str(Path(sys.executable).parent)
    found = (shutil.which(name) or shutil.which(name, path=own) for name in names)
    return next((path for path in found if path is not None), None)


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
        output = _DRESS.sub("", file.read().decode("utf-8", "replace"))
    if code == 0:
        return output
    what = f"took longer than {TIMEOUT:g} s and was stopped" if code is None else "failed"
    failure = ToolError(f"{tool} {what}: {complaint(output)}")
    failure.add_note(f"$ {' '.join(command)}\n{output}")
    raise failure


def complaint(output: str) -> str:
    """What a tool's output complains about: up to three different lines; its last line where none does."""
    lines = [" ".join(line.split()) for line in output.splitlines() if line.strip()]
    for pattern in _COMPLAINTS:
        found = list(dict.fromkeys(line for line in lines if re.search(pattern, line, re.IGNORECASE)))
        if found:
            return "; ".join(found[:3])
    return lines[-1] if lines else "it said nothing"


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
