"""Verification over a serial port: build, flash, run, compare, on boards that are played by pseudo-terminals."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import bitwright
import pytest
from background import ROOT
from bitwright.cli import main
from bitwright.targets.image import built
from bitwright.targets.target import read_target
from desk import Board, FakeTool, describe_board, plugged_in

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
    with built(bitwright.load(DIGITS), read_target(board).on_hardware()) as image:
        arrays = [a for a in image.model.context["arrays"] if "_05_" in a.symbol]
    pattern = max(arrays, key=lambda a: a.data.nbytes).data.tobytes()
    FakeTool(programs, "openocd", flash=desk.flash, flip=pattern)
    assert main(["verify", str(DIGITS), "--board", str(board), "--port", desk.port, "--vectors", "2"]) == 1
    output = capsys.readouterr().out
    assert "NOT bit-exact" in output and "layer fully_connected_5: element" in output
