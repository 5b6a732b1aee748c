"""The link on a real pseudo-terminal, in real time: each fault by name, its verdict or error, and how long it takes."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from bitwright.cli import main
from bitwright.converter.native import write_native
from bitwright.errors import LinkError
from bitwright.targets import hardware
from bitwright.targets.image import Image, built
from bitwright.targets.link import Patience
from bitwright.targets.ports import connected
from bitwright.targets.target import find_target
from bitwright.targets.vectors import random_vectors
from bitwright.targets.verify import Report, compare
from boards import streaming, with_changed_bit
from desk import describe_board
from faults import Case, Fault, intrusion
from ptyline import PtyBoard
from tools import needs_target

PATIENCE = Patience(again=0.4, answer=3.0, run=3.0, reconnect=2.0)
LONGEST = 3.0 + 4.0  # what is stated for a request, and a busy computer's share
BOOT = b"\r\nets Jul 29 2019 12:21:46\r\nrst:0x1 (POWERON)\x00\xf3\x80\x00\r\n"


@pytest.fixture
def stateless(all_cases: list[Case]) -> Image:
    return all_cases[0].image


@pytest.fixture
def stateful(all_cases: list[Case]) -> Image:
    return next(case.image for case in all_cases if case.name.startswith("streaming"))


def verified(image: Image, board: PtyBoard, patience: Patience = PATIENCE) -> Report:
    """Three vectors over the board's port."""
    with connected(str(board.path), patience=patience) as link:
        return compare(image, link, random_vectors(image.model.program.graph, 3, 0))


def faulty(image: Image, folder: Path, *faults: Fault, boot: bytes = b"", program: Path | None = None) -> Report:
    """The same over a line with faults."""
    with PtyBoard([str(program or image.elf)], folder, faults, boot) as board:
        return verified(image, board)


NAMED = {
    "a lost byte": Fault("drop", "{}", 150),
    "nine lost bytes": Fault("drop", "{}", 150, 9),
    "a doubled byte": Fault("double", "{}", 150),
    "a flipped bit": Fault("flip", "{}", 150, data=b"\x04"),
    "zeros in a frame": Fault("insert", "{}", 150, data=bytes(5)),
    "a burst": Fault("burst", "{}", 150, 40, data=bytes(range(200, 240))),
    "a cut frame": Fault("truncate", "{}", 150),
    "late bytes": Fault("delay", "{}", 180, seconds=0.9),
    "a reset with boot messages": Fault("reset", "{}", 250, seconds=0.3, data=BOOT),
    "an unplugged cable": Fault("gone", "{}", 250, amount=0, seconds=0.7),
    "a board without power for a while": Fault("gone", "{}", 250, amount=1, seconds=0.7),
}


@pytest.mark.parametrize("toward", ["board", "host"])
@pytest.mark.parametrize("name", NAMED)
def test_repaired(name: str, toward: str, stateful: Image, tmp_path: Path) -> None:
    fault = Fault(**{**vars(NAMED[name]), "toward": toward})
    begin = time.monotonic()
    report = faulty(stateful, tmp_path, fault)
    assert time.monotonic() - begin < LONGEST
    assert report.bit_exact and report.link_faults
    if fault.kind == "reset":
        assert any("begun again" in line for line in report.link_faults)
    if fault.kind == "gone":
        assert any("came back" in line for line in report.link_faults)


@pytest.mark.parametrize("fault", [Fault("flip", "host", 300, data=b"\x01"), Fault("reset", "host", 480)])
def test_a_wrong_weight_is_named_over_a_bad_line(fault: Fault, stateful: Image, tmp_path: Path) -> None:
    changed = with_changed_bit(stateful, stateful.elf)
    clean, report = (faulty(stateful, tmp_path, *faults, program=changed) for faults in ((), (fault,)))
    assert not report.bit_exact and report.mismatches[0].layer == "dense" and report.mismatches[0].first_index >= 0
    assert report.mismatches == clean.mismatches and report.link_faults


def test_boot_noise(stateless: Image, tmp_path: Path) -> None:
    noise = BOOT + random.Random(1).randbytes(2000)
    # What came before the port was opened is thrown away; what comes after it is not.
    report = faulty(stateless, tmp_path, Fault("insert", "host", 0, data=noise), boot=noise)
    assert report.bit_exact


def refused(image: Image, folder: Path, *faults: Fault, command: Sequence[str] | None = None) -> str:
    """The error, which is one line and comes within the stated time."""
    begin = time.monotonic()
    with pytest.raises(LinkError) as raised, PtyBoard(command or [str(image.elf)], folder, faults) as board:
        verified(image, board)
    assert time.monotonic() - begin < LONGEST
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_stuck_board(stateless: Image, tmp_path: Path) -> None:
    assert "no answer to OUTPUT within 3 s: nothing came" in refused(stateless, tmp_path, Fault("stuck", "board", 330))


def test_a_port_that_does_not_come_back(stateless: Image, tmp_path: Path) -> None:
    said = refused(stateless, tmp_path, Fault("gone", "host", 100, seconds=99))
    assert "the port disappeared and did not come back within 2 s" in said and "is the board plugged in?" in said


def test_another_network(stateless: Image, stateful: Image, tmp_path: Path) -> None:
    assert "flash it again" in refused(stateless, tmp_path, command=[str(stateful.elf)])


def test_a_firmware_that_prints(stateless: Image, tmp_path: Path) -> None:
    prints = "import time\nwhile True:\n print('Hello, world', flush=True)\n time.sleep(0.01)"
    said = refused(stateless, tmp_path, command=[sys.executable, "-c", prints])
    assert "prints text ('Hello, world" in said and "flash it" in said


def test_a_firmware_that_ends(stateless: Image, tmp_path: Path) -> None:
    assert "nothing came from the target" in refused(stateless, tmp_path, command=["true"])


def test_one_program_at_a_port(stateless: Image, tmp_path: Path) -> None:
    with PtyBoard([str(stateless.elf)], tmp_path) as board, connected(str(board.path), patience=PATIENCE) as link:
        link.hello()
        with pytest.raises(LinkError, match="used by another program"), connected(str(board.path)):
            pass
        second = f"from bitwright.targets.ports import open_port; open_port({str(board.path)!r})"
        result = subprocess.run([sys.executable, "-c", second], capture_output=True, text=True, check=False)
        assert "is used by another program" in result.stderr
    with pytest.raises(LinkError, match="is the board plugged in"), connected(str(board.path)):
        pass
    with pytest.raises(LinkError, match="cannot be opened"), connected("socket://127.0.0.1:1"):
        pass


def test_another_program_that_writes_anyway(stateful: Image, tmp_path: Path) -> None:
    """It also takes a part of the answers: the verdict is right, or there is none."""
    rng, ended, verdicts = random.Random(4), threading.Event(), []
    with PtyBoard([str(stateful.elf)], tmp_path) as board:

        def intrude() -> None:
            handle = os.open(board.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            while not ended.wait(rng.random() / 20):
                os.write(handle, intrusion(rng, 4))
                with suppress(BlockingIOError):
                    os.read(handle, rng.randrange(1, 40))
            os.close(handle)

        thread = threading.Thread(target=intrude)
        thread.start()
        try:
            for _ in range(5):
                try:
                    verdicts.append(verified(stateful, board).bit_exact)
                except LinkError as error:
                    assert "another program" in str(error) or "no answer" in str(error)
        finally:
            ended.set()
            thread.join()
        assert all(verdicts)
        assert verified(stateful, board).bit_exact  # and nothing remains of it


#: Exit code and what is said, by fault; the board runs the right firmware but for the changed bit.
COMMANDS: dict[str, tuple[list[Fault], int, str]] = {
    "a reset half-way and a flipped bit": (
        [Fault("reset", "host", 250, data=BOOT), Fault("flip", "board", 90, data=b"\x02")],
        0,
        "bit-exact",
    ),
    "an unplugged cable": (
        [Fault("gone", "board", 200, amount=0, seconds=0.5)],
        0,
        "the port disappeared and came back",
    ),
    "one changed bit and a lost byte": ([Fault("drop", "host", 300)], 1, "layer dense: element"),
    "a stuck board": ([Fault("stuck", "board", 200)], 2, "within 3 s: nothing came from the target"),
    "a port that is gone": ([Fault("gone", "host", 250, seconds=99)], 2, "did not come back within 2 s"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_command_line(
    name: str, stateful: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faults, code, says = COMMANDS[name]
    monkeypatch.setattr(hardware, "connected", lambda port, baud: connected(port, baud, PATIENCE))
    model, journal = tmp_path / "stream.bwq", tmp_path / "journal"
    model.write_bytes(write_native(replace(streaming(), digest="")))
    firmware = with_changed_bit(stateful, stateful.elf) if code == 1 else stateful.elf
    command = ["verify", str(model), "--board", str(describe_board(tmp_path, "host")), "--no-flash", "--vectors", "3"]
    command += ["--resume", str(journal), "--port"]
    with PtyBoard([str(firmware)], tmp_path, faults) as board:
        begin = time.monotonic()
        assert main([*command, str(board.path)]) == code
        assert time.monotonic() - begin < LONGEST + 20  # with the build
    said = capsys.readouterr()
    assert says in said.out + said.err
    if code == 2:
        assert said.err.startswith("bitwright: error: ") and said.err.count("\n") == 1
        with PtyBoard([str(firmware)], tmp_path) as board:
            assert main([*command, str(board.path)]) == 0
        assert "vectors were verified earlier" in capsys.readouterr().out


@pytest.mark.parametrize("name", [needs_target("mps2-an386")])
def test_an_emulated_board_over_a_bad_line(name: str, tmp_path: Path) -> None:
    target = find_target(name)
    assert target.emulator is not None
    command = [target.emulator.program, "-machine", target.emulator.machine, *target.emulator.arguments]
    command += ["-display", "none", "-monitor", "none", "-chardev", "stdio,id=line,signal=off", "-serial"]
    faults = [
        Fault("flip", "board", 90, data=b"\x10"),
        Fault("drop", "host", 100, 3),
        Fault("reset", "host", 300, data=BOOT),
        Fault("gone", "board", 280, amount=0, seconds=0.5),
    ]
    with (
        built(streaming(), target) as image,
        PtyBoard([*command, "chardev:line", "-kernel", str(image.elf)], tmp_path, faults) as board,
    ):
        report = verified(image, board, Patience(again=1.0))
    assert report.bit_exact and report.instructions
    for repair in ("begun again", "came back", "damaged"):
        assert any(repair in line for line in report.link_faults)
