"""A desk without boards: a pseudo-terminal behind which a firmware runs, and programs that play the flashing tools."""

from __future__ import annotations

import json
import os
import stat
import struct
import subprocess
import sys
import threading
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bitwright.converter.ir import Graph, Node
from bitwright.targets.target import BOARDS
from single import activation

_PYTHON = sys.executable  # before a test makes it another one
#: What a program that plays a tool does: it records its arguments, talks, and does as the file beside it says.
_FAKE = """\
#!{python}
import json, os, shutil, sys, time
plan = json.load(open({plan!r}))
with open({record!r}, "a") as record:
    record.write(json.dumps(sys.argv[1:]) + "\\n")
for key, answer in plan["answers"].items():
    if key in sys.argv:
        print(answer)
        sys.exit(0)
if plan["flash"] and os.path.exists("firmware.elf"):
    data = open("firmware.elf", "rb").read()
    pattern = bytes.fromhex(plan["flip"])
    if pattern:
        assert data.count(pattern) == 1
        place = data.find(pattern) + len(pattern) // 2
        data = data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1:]
    with open(plan["flash"] + ".new", "wb") as file:
        file.write(data)
    os.chmod(plan["flash"] + ".new", 0o755)
    os.replace(plan["flash"] + ".new", plan["flash"])
for name in os.listdir("."):
    if plan["keep"]:
        shutil.copy(name, plan["keep"])
print(plan["says"], flush=True)
time.sleep(plan["sleep"])
sys.exit(plan["code"])
"""


class FakeTool:
    """A program on PATH under a tool's name; ``calls`` are the arguments that it was given."""

    def __init__(self, folder: Path, name: str, **plan: object) -> None:
        self._record = folder / f"{name}.calls"
        self._plan = folder / f"{name}.plan"
        self.plan(**plan)
        program = folder / name
        program.write_text(_FAKE.format(python=_PYTHON, plan=str(self._plan), record=str(self._record)))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def plan(
        self,
        says: str = "",
        code: int = 0,
        sleep: float = 0,
        flash: Path | None = None,
        flip: bytes = b"",
        keep: Path | None = None,
        answers: dict[str, str] | None = None,
    ) -> None:
        """What it does: text and exit code; ``flash``: the file that is a board's flash; ``flip``: a pattern of bytes
        of which one bit is changed on the way; ``keep``: where the files it was given go; ``answers``: to an argument.
        """
        content = {
            "says": says,
            "code": code,
            "sleep": sleep,
            "flash": "" if flash is None else str(flash),
            "flip": flip.hex(),
            "keep": "" if keep is None else str(keep),
            "answers": answers or {},
        }
        self._plan.write_text(json.dumps(content))

    @property
    def calls(self) -> list[list[str]]:
        """Its arguments, one list per call."""
        return [json.loads(line) for line in self._record.read_text().splitlines()] if self._record.exists() else []


class Board:
    """A serial port at ``port`` behind which the image in ``flash`` runs, started anew whenever it is replaced."""

    def __init__(self, folder: Path, command: Callable[[Path], Sequence[str]], noise: bytes = b"") -> None:
        self.flash = folder / "flash.elf"
        self._command, self._noise = command, noise
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._process: subprocess.Popen[bytes] | None = None
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._watch, self._forward)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Unplug it."""
        self._stop.set()
        self._threads[0].join(5)
        self._end()
        os.close(self._slave)  # ends the wait for what is sent
        self._threads[1].join(5)
        os.close(self._master)

    def _watch(self) -> None:
        """Restarts the firmware when its file is another one."""
        running = 0
        while not self._stop.wait(0.02):
            node = self.flash.stat().st_ino if self.flash.exists() else 0
            if node != running:
                running = node
                self._end()
                if self._noise:
                    os.write(self._master, self._noise)
                self._process = subprocess.Popen(
                    self._command(self.flash), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
                )
                threading.Thread(target=self._answer, args=(self._process,), daemon=True).start()

    def _forward(self) -> None:
        """From the port to the firmware; without one, what is sent is lost."""
        while True:
            try:
                data = os.read(self._master, 4096)
                if self._process is not None and self._process.stdin is not None:
                    self._process.stdin.write(data)
            except OSError:
                if self._stop.is_set():
                    return

    def _answer(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        while data := process.stdout.read(4096):
            view = memoryview(data)
            while view and not self._stop.is_set():
                view = view[os.write(self._master, view) :]

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                pipe.close()


@contextmanager
def plugged_in(
    folder: Path, command: Callable[[Path], Sequence[str]] = lambda elf: [str(elf)], noise: bytes = b""
) -> Iterator[Board]:
    """A board on the desk, blank at first; by default it runs images for this computer."""
    board = Board(folder, command, noise)
    try:
        yield board
    finally:
        board.close()


def describe_board(folder: Path, like: str, name: str = "desk", usb: str = "0483:374b", loaders: str = "") -> Path:
    """A target description: an existing one with a [board] table."""
    text = (BOARDS / f"{like}.toml").read_text().split("\n[board]")[0]
    text += f'\n[board]\nusb = ["{usb}"]\nserial = "USART2"\nbaud = 115200\ncounter = "none"\n'
    path = folder / f"{name}.toml"
    path.write_text(text + (loaders or '[loaders.openocd]\nconfig = "board/st_nucleo_f4.cfg"\n'))
    return path


def write_elf(path: Path, segments: Sequence[tuple[int, bytes]], machine: int = 40) -> Path:
    """A linked image by hand, 32-bit little-endian, for Arm (40) or RISC-V (243): these bytes at these addresses."""
    start = 52 + 32 * len(segments)
    headers, body = b"", b""
    for address, data in segments:
        # The address at run time differs from the one in flash: only the second counts.
        headers += struct.pack("<8I", 1, start + len(body), address + 0x01000000, address, len(data), len(data), 5, 4)
        body += data
    identity = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
    head = struct.pack(
        "<2H5I6H", 2, machine, 1, segments[0][0] if segments else 0, 52, 0, 0, 52, 32, len(segments), 0, 0, 0
    )
    path.write_bytes(identity + head + headers + body)
    return path


def tiny_graph() -> Graph:
    """A network that is compiled in no time."""
    tensors = {name: activation(name, (1, 8)) for name in ("a", "b", "y")}
    add = Node("add", "ADD", ("a", "b"), ("y",), {"activation": "NONE", "pot_scale_int16": False})
    return Graph("tiny", tensors, (add,), ("a", "b"), ("y",))
