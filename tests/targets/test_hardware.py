"""Verification over a serial port: build, flash, run, compare, on boards that are played by pseudo-terminals."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import bitwright
import numpy as np
import pytest
import serial
from background import ROOT
from bitwright.cli import main
from bitwright.converter.writers.tflite import write_tflite
from bitwright.targets import hardware, image, ports
from bitwright.targets.flash.loader import Job
from bitwright.targets.image import built
from bitwright.targets.link import Link, Patience
from bitwright.targets.target import read_target
from bitwright.targets.vectors import load_vectors
from desk import Board, FakeTool, describe_board, plugged_in, tiny_graph
from serial import rfc2217
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo
from tools import needs_target

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    """A model that is compiled in no time."""
    path = tmp_path / "tiny.tflite"
    path.write_bytes(write_tflite(tiny_graph()))
    return str(path)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Board]:
    """A board that runs images for this computer, and starts with noise."""
    with plugged_in(tmp_path, noise=b"\xff\x00boot\r\n\x00") as board:
        yield board


def error_of(capsys: Capture, *arguments: str | Path) -> str:
    """The message of a command that must fail."""
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("bitwright: error: ") and captured.err.count("\n") == 1, captured.err
    assert "internal error" not in captured.err
    return captured.err


def test_verify_builds_flashes_runs_and_compares(desk: Board, programs: Path, tmp_path: Path, capsys: Capture) -> None:
    tool = FakeTool(programs, "openocd", flash=desk.flash, says="** Verified OK **")
    board, report = describe_board(tmp_path, "host"), tmp_path / "report.json"
    arguments = ["verify", str(DIGITS), "--board", str(board), "--port", desk.port, "--vectors", "3"]
    assert main([*arguments, "--json", str(report)]) == 0
    content = json.loads(report.read_text())
    assert content["bit_exact"] and content["vectors"] == 3 and content["target"] == "desk"
    assert content["link_faults"] == []
    assert tool.calls == [["-f", "board/st_nucleo_f4.cfg", "-c", "program firmware.elf verify reset exit"]]
    assert "desk: bit-exact" in capsys.readouterr().out
    assert main([*arguments, "--no-flash"]) == 0
    assert len(tool.calls) == 1


def test_a_changed_weight_on_the_board_is_exit_code_1(
    desk: Board, programs: Path, tmp_path: Path, capsys: Capture
) -> None:
    board = describe_board(tmp_path, "host")
    with built(bitwright.load(DIGITS), read_target(board).on_hardware()) as made:
        arrays = [a for a in made.model.context["arrays"] if "_05_" in a.symbol]
    pattern = max(arrays, key=lambda a: a.data.nbytes).data.tobytes()
    FakeTool(programs, "openocd", flash=desk.flash, flip=pattern)
    assert main(["verify", str(DIGITS), "--board", str(board), "--port", desk.port, "--vectors", "2"]) == 1
    output = capsys.readouterr().out
    assert "NOT bit-exact" in output and "layer fully_connected_5: element" in output


QEMU = {
    "mps2-an386": ["qemu-system-arm", "-machine", "mps2-an386"],
    "hifive1": ["qemu-system-riscv32", "-machine", "sifive_e"],
}


@pytest.mark.parametrize("target", [needs_target(name) for name in QEMU])
def test_verify_with_a_chips_own_image_behind_a_serial_port(target: str, programs: Path, tmp_path: Path) -> None:
    """The image for the chip, on a machine of QEMU's whose UART is the port: what it counts are cycles to it."""
    board = describe_board(tmp_path, target) if target == "mps2-an386" else target

    def machine(elf: Path) -> list[str]:
        options = ["-display", "none", "-monitor", "none", "-serial", "stdio", "-icount", "shift=7,sleep=off"]
        return [*QEMU[target], *options, "-kernel", str(elf)]

    report = tmp_path / "report.json"
    with plugged_in(tmp_path, machine) as desk:
        tool = FakeTool(programs, "openocd", flash=desk.flash)
        arguments = ["verify", str(DIGITS), "--target", str(board), "--port", desk.port, "--vectors", "2"]
        assert main([*arguments, "--with", "openocd", "--json", str(report)]) == 0
    assert len(tool.calls) == 1
    content = json.loads(report.read_text())
    assert content["bit_exact"] and content["unit"] == "cycles" and content["instructions"] is None
    assert content["cycles"] == sum(layer["cycles"] for layer in content["layers"]) > 10_000


def test_run_saves_the_boards_outputs(desk: Board, programs: Path, tmp_path: Path) -> None:
    FakeTool(programs, "openocd", flash=desk.flash)
    board, output = describe_board(tmp_path, "host"), tmp_path / "y.npy"
    vectors = ROOT / "examples" / "digits" / "heldout.npz"
    arguments = ["run", str(DIGITS), "--board", str(board), "--port", desk.port, "--inputs", str(vectors)]
    assert main([*arguments, "-o", str(output)]) == 0
    graph = bitwright.load(DIGITS)
    expected = [bitwright.run(graph, vector)[0] for vector in load_vectors(graph, vectors)]
    assert np.array_equal(np.load(output), np.stack(expected))


def test_a_project_is_built_flashed_and_asked(
    tiny: str, desk: Board, programs: Path, tmp_path: Path, capsys: Capture
) -> None:
    tool = FakeTool(programs, "openocd", flash=desk.flash)
    board, project = describe_board(tmp_path, "host"), tmp_path / "project"
    assert main(["compile", tiny, "--board", str(board), "-o", str(project)]) == 0
    files = sorted(project.rglob("*"))
    capsys.readouterr()
    assert main(["flash", str(project), "--board", str(board), "--port", desk.port]) == 0
    build_id = json.loads((project / "bitwright.json").read_text())["build_id"]
    assert f"Build {build_id} answers at {desk.port}; it counts nothing" in capsys.readouterr().out
    assert sorted(project.rglob("*")) == files  # nothing is left in the user's folder
    # The same image as a file; and without a port nothing is asked.
    assert main(["flash", str(desk.flash), "--board", str(board)]) == 0
    assert "With --port the firmware's answer is checked, too" in capsys.readouterr().out
    assert len(tool.calls) == 2


def test_the_board_is_found_and_its_own_probe_is_taken(
    tiny: str, desk: Board, programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = FakeTool(programs, "openocd", flash=desk.flash)
    board = describe_board(tmp_path, "host")
    own, other = ListPortInfo(desk.port), ListPortInfo("/dev/ttyACM9")
    for info, number in ((own, "066C"), (other, "077D")):
        info.vid, info.pid, info.serial_number = 0x0483, 0x374B, number
    verify = ["verify", tiny, "--board", str(board), "--vectors", "1"]
    monkeypatch.setattr(list_ports, "comports", lambda: [own])
    assert main(verify) == 0
    monkeypatch.setattr(list_ports, "comports", lambda: [other, own])
    assert main([*verify, "--port", desk.port]) == 0
    assert [call[:2] for call in tool.calls] == [["-f", "board/st_nucleo_f4.cfg"], ["-c", "adapter serial 066C"]]


def test_a_port_that_comes_with_the_firmware(
    tiny: str, desk: Board, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A board whose USB is its own has a volume first, and a port only when the firmware runs."""
    board = describe_board(tmp_path, "host", loaders='[loaders.uf2]\nfamily = 1\nlabel = "DESK"\n')
    (tmp_path / "INFO_UF2.TXT").write_text("Board-ID: DESK\n")
    own = ListPortInfo(desk.port)
    own.vid, own.pid = 0x0483, 0x374B
    present: list[ListPortInfo] = []
    monkeypatch.setattr(list_ports, "comports", lambda: present)
    monkeypatch.setattr(hardware, "PORT_TIMEOUT", 2.0)

    def restart(job: Job, tool: str | None) -> str:
        assert job.volume == tmp_path and job.port is None
        partial = desk.flash.with_suffix(".new")
        shutil.copy(job.elf, partial)
        partial.rename(desk.flash)
        threading.Timer(0.5, present.append, [own]).start()
        return "uf2"

    monkeypatch.setattr(hardware, "flash", restart)
    verify = ("verify", tiny, "--board", str(board), "--vectors", "1")
    assert "no port has a USB id of desk" in error_of(capsys, *verify)  # no volume is there: all before it is built
    assert main([*verify, "--volume", str(tmp_path)]) == 0
    present.clear()
    monkeypatch.setattr(hardware, "flash", lambda _job, _tool: "uf2")
    assert "no port has a USB id of desk" in error_of(capsys, *verify, "--volume", tmp_path)


def test_the_port_of_another_board_is_noticed(
    tiny: str, desk: Board, programs: Path, tmp_path: Path, capsys: Capture
) -> None:
    """The tool flashes some other board: the firmware at the port is not what was flashed."""
    board, project = describe_board(tmp_path, "host"), tmp_path / "project"
    FakeTool(programs, "openocd", flash=desk.flash)
    reach = ("--board", board, "--port", desk.port)
    assert main(["compile", tiny, "--board", str(board), "-o", str(project), "--name", "older"]) == 0
    assert main(["flash", str(project), *map(str, reach)]) == 0
    FakeTool(programs, "openocd", flash=None)
    assert main(["compile", tiny, "--board", str(board), "-o", str(project), "--name", "newer"]) == 0
    message = error_of(capsys, "flash", project, *reach)
    assert "is that the port of the board that was flashed?" in message
    assert "flash it again" in error_of(capsys, "verify", tiny, *reach, "--vectors", "1", "--no-flash")


def test_a_url_as_port(tiny: str, tmp_path: Path) -> None:
    """A serial server on the network: pyserial's URLs are taken as they are."""
    board = describe_board(tmp_path, "host")
    target = read_target(board).on_hardware()
    graph = bitwright.load(tiny)
    with built(graph, target) as made, socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                subprocess.run([str(made.elf)], stdin=connection.fileno(), stdout=connection.fileno(), check=False)

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"socket://127.0.0.1:{server.getsockname()[1]}"
        report = bitwright.verify(graph, target, vectors=2, connection=bitwright.Connection(url, flash=False))
        thread.join(10)
    assert report.bit_exact and not thread.is_alive()


def test_a_project_around_another_application(
    tiny: str, desk: Board, programs: Path, tmp_path: Path, capsys: Capture
) -> None:
    """A benchmark's firmware has a main of its own and another protocol: it is built and flashed, and not asked."""
    FakeTool(programs, "openocd", flash=desk.flash)
    board, project = describe_board(tmp_path, "host"), tmp_path / "project"
    assert main(["compile", tiny, "--board", str(board), "-o", str(project)]) == 0
    for name in ("bw_main.c", "bw_frame.c", "bw_frame.h", "bw_models.c", "bw_trace.h"):
        (project / "harness" / name).unlink()
    (project / "harness" / "own.c").write_text("int main(void) { return 0; }\n")
    assert main(["flash", str(project), "--board", str(board), "--port", desk.port]) == 0
    assert "does not speak the link's protocol" in capsys.readouterr().out
    assert desk.flash.exists()


class Line(serial.Serial):
    """A pseudo-terminal as a serial server sees a port: it has no modem lines."""

    cts = dsr = ri = cd = property(lambda self: False)  # type: ignore[assignment]

    def _update_dtr_state(self) -> None: ...

    def _update_rts_state(self) -> None: ...


class Server(threading.Thread):
    """An RFC 2217 server for one client, around pyserial's own end of the protocol."""

    def __init__(self, port: str) -> None:
        super().__init__(daemon=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rfc2217://127.0.0.1:{self._listener.getsockname()[1]}"
        self._line = Line(port, timeout=0.05)
        self._open = True
        self.start()

    def write(self, data: bytes) -> None:
        """What the protocol's manager says to the client."""
        self._client.sendall(data)

    def run(self) -> None:
        self._client, _ = self._listener.accept()
        manager = rfc2217.PortManager(self._line, self)
        threading.Thread(target=self._forward, args=(manager,), daemon=True).start()
        with self._client:
            while data := self._client.recv(1024):
                self._line.write(b"".join(manager.filter(data)))
        self._open = False

    def _forward(self, manager: rfc2217.PortManager) -> None:
        while self._open:
            data = self._line.read(self._line.in_waiting or 1)
            if data:
                with suppress(OSError):
                    self._client.sendall(b"".join(manager.escape(data)))
        self._line.close()
        self._listener.close()


@pytest.mark.filterwarnings("ignore:setDaemon:DeprecationWarning", "ignore:setName:DeprecationWarning")
def test_a_serial_server_on_the_network(desk: Board, programs: Path, tmp_path: Path) -> None:
    """RFC 2217, as ser2net and esp_rfc2217_server speak it; the board is flashed beforehand by whoever has it."""
    target = read_target(describe_board(tmp_path, "host")).on_hardware()
    graph = tiny_graph()
    with built(graph, target) as made:
        partial = desk.flash.with_suffix(".new")
        shutil.copy(made.elf, partial)
        partial.rename(desk.flash)
    server = Server(desk.port)
    report = bitwright.verify(graph, target, vectors=4, connection=bitwright.Connection(server.url, flash=False))
    server.join(5)
    assert report.bit_exact and report.link_faults == () and not server.is_alive()


# -- what can go wrong -------------------------------------------------------------------------------------------------


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer is waited for as long as a test may take."""

    @contextmanager
    def connected(port: str, baud: int) -> Iterator[Link]:
        with ports.connected(port, baud, Patience(again=0.2, answer=1.0, reconnect=1.0)) as link:
            yield link

    monkeypatch.setattr(hardware, "connected", connected)


def test_a_board_that_does_not_answer(
    tiny: str, desk: Board, programs: Path, tmp_path: Path, capsys: Capture, impatient: None
) -> None:
    FakeTool(programs, "openocd", says="** Verified OK **")
    board = describe_board(tmp_path, "host")
    begin = time.monotonic()
    message = error_of(capsys, "verify", tiny, "--board", board, "--port", desk.port, "--vectors", "1")
    assert "no answer to HELLO" in message and time.monotonic() - begin < 20


def test_a_tool_that_fails_leaves_the_port_alone(
    tiny: str, desk: Board, programs: Path, tmp_path: Path, capsys: Capture
) -> None:
    board = describe_board(tmp_path, "host")
    reach = ("--board", board, "--port", desk.port, "--vectors", "1")
    FakeTool(programs, "openocd", says="Error: open failed", code=1)
    assert "OpenOCD failed: Error: open failed" in error_of(capsys, "verify", tiny, *reach)
    assert not desk.flash.exists()


def test_a_port_in_use(tiny: str, desk: Board, programs: Path, tmp_path: Path, capsys: Capture) -> None:
    FakeTool(programs, "openocd", flash=desk.flash)
    board = describe_board(tmp_path, "host")
    with serial.Serial(desk.port, exclusive=True):
        message = error_of(capsys, "verify", tiny, "--board", board, "--port", desk.port, "--vectors", "1")
    assert f"'{desk.port}' is used by another program" in message


def test_wrong_places(tiny: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """All before anything is built."""
    monkeypatch.setattr(list_ports, "comports", lambda: [])
    monkeypatch.setattr(image, "built_from", None)
    board = describe_board(tmp_path, "host")
    verify = ("verify", tiny)
    messages = {
        (
            *verify,
            "--board",
            board,
            "--port",
            "/dev/ttyNONE",
        ): "there is no port '/dev/ttyNONE'; no serial",
        (
            *verify,
            "--board",
            board,
        ): "no port has a USB id of desk, 0483:374b: give --port; no serial port is",
        (*verify, "--board", "qemu-rv32"): "qemu-rv32 is an emulator only: there is no board to plug in",
        (*verify, "--target", "qemu-rv32", "--port", "x"): "qemu-rv32 is an emulator only",
        (*verify, "--target", "pico"): "pico has no emulator: run it on the board, with --board pico",
        (*verify, "--board", "nonesuch"): "there is no target 'nonesuch'",
        (*verify, "--target", "host", "--no-flash"): "are for boards: give --board, or --port",
        (*verify, "--target", "host", "--with", "openocd"): "are for boards: give --board, or --port",
        (*verify, "--target", "host", "--board", board): "argument --board: not allowed with argument --target",
        verify: "one of the arguments --target --board is required",
        ("flash", tmp_path, "--board", board): "is neither an image nor a project of `bitwright compile`",
        ("flash", tmp_path / "absent", "--board", board): "is neither an image nor a project",
        ("flash", board, "--board", board): "is no ELF image",
        ("flash", board, "--board", board, "--port", "/dev/ttyNONE"): "there is no port '/dev/ttyNONE'",
    }
    for arguments, message in messages.items():
        assert message in error_of(capsys, *arguments), arguments


def test_projects_that_cannot_be_flashed(tiny: str, tmp_path: Path, capsys: Capture) -> None:
    board, project = describe_board(tmp_path, "host"), tmp_path / "project"
    assert main(["compile", tiny, "--target", "host", "-o", str(project)]) == 0
    assert f"was made for host, not for desk: bitwright compile MODEL --board desk -o '{project}'" in error_of(
        capsys, "flash", project, "--board", board
    )
    marker = project / "bitwright.json"
    content = json.loads(marker.read_text()) | {"target": "desk"}
    for text, message in [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ("[" * 100_000, "is damaged"),
        (json.dumps({"target": "desk"}), "is damaged"),
        (json.dumps(content | {"name": "other"}), "lacks src/other.c: write the project again"),
    ]:
        marker.write_text(text)
        assert message in error_of(capsys, "flash", project, "--board", board), text[:40]
    marker.write_text(json.dumps(content))
    shutil.rmtree(project / "harness")
    assert "lacks harness: write the project again" in error_of(capsys, "flash", project, "--board", board)
