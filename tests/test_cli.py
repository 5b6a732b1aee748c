"""The command line on bad input: one line on standard error, exit code 2, nothing left behind."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from background import ROOT
from bitwright import api, cli, console
from bitwright.cli import main
from bitwright.converter.ir import DType, Graph, Node
from bitwright.converter.load import load
from bitwright.converter.writers.tflite import write_tflite
from bitwright.errors import InputError
from bitwright.targets import image as images
from bitwright.targets.target import BOARDS
from bitwright.targets.vectors import load_vectors, random_vectors
from single import activation

DIGITS = str(ROOT / "examples" / "digits" / "digits_int8.tflite")
SHAPE = (1, 8, 8, 1)
as_root = pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind the superuser")

Capture = pytest.CaptureFixture[str]


def error_of(capsys: Capture, *arguments: str | Path) -> str:
    """The message of a command that must fail."""
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("bitwright: error: ") and captured.err.count("\n") == 1, captured.err
    line = captured.err.removeprefix("bitwright: error: ").rstrip("\n")
    assert line.isprintable() and "internal error" not in line
    return line


# -- arguments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND (see `bitwright --help`)"),
        (["frobnicate"], "argument COMMAND: invalid choice: 'frobnicate'"),
        (["compile"], "required: MODEL (see `bitwright compile --help`)"),
        (["compile", DIGITS], "one of the arguments --target --board is required"),
        (["compile", DIGITS, "--target"], "argument --target: expected one argument"),
        (["compile", DIGITS, "--target", "host", "--colour", "red"], "unrecognized arguments: --colour red"),
        (["compile", DIGITS, "--target", "no-board"], "there is no target 'no-board'; there are "),
        (["verify"], "required: MODEL"),
        (["verify", DIGITS, "--target", "host", "--vectors", "many"], "argument --vectors: invalid int value: 'many'"),
        (["verify", DIGITS, "--target", "host", "--vectors", "0"], "0 random vectors were asked for; 1 to "),
        (["verify", DIGITS, "--target", "host", "--vectors", "-8"], "-8 random vectors were asked for"),
        (["verify", DIGITS, "--target", "host", "--vectors", "9" * 20], "random vectors were asked for; 1 to 4194304"),
        (["verify", DIGITS, "--target", "host", "--seed", "-1"], "the seed -1 is negative"),
        (["verify", DIGITS, "--target", "host", "--seed", "1.5"], "argument --seed: invalid int value"),
        (["run"], "required: MODEL, --inputs, -o/--output"),
        (
            ["run", DIGITS, "--target", "host", "--inputs", "x.npy", "-o", "y.txt"],
            "outputs are written as .npy or .npz",
        ),
        (["quantize", DIGITS], "required: --calibration"),
        (["report"], "required: MODEL"),
        (["export", DIGITS, "--format", "onnx"], "argument --format: invalid choice: 'onnx'"),
        (["ops", "extra"], "unrecognized arguments: extra"),
        (["targets", "--jsn", "1"], "unrecognized arguments"),
        (["doctor", "-x"], "unrecognized arguments: -x"),
    ],
)
def test_wrong_arguments(arguments: list[str], message: str, capsys: Capture) -> None:
    assert message in error_of(capsys, *arguments)


@pytest.mark.parametrize(
    "name",
    ["", "9lives", "Upper", "a-b", "a b", "int", "main", "string", "test", "bw_copy", "n" * 42, "é", "x;y", "*/"],
)
def test_names_that_c_cannot_take(name: str, tmp_path: Path, capsys: Capture) -> None:
    message = error_of(capsys, "compile", DIGITS, "--target", "host", "-o", tmp_path / "out", "--name", name)
    assert message.startswith(f"'{name}' cannot name the model")
    assert list(tmp_path.iterdir()) == []


def test_an_internal_error_is_one_line_too(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_path: Path) -> Graph:
        raise KeyError("what nobody\nexpected")

    monkeypatch.setattr(api, "load", broken)
    assert main(["compile", DIGITS, "--target", "host"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "internal error, please report it: KeyError" in error
    assert main(["compile", DIGITS, "--target", "host", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err

    def exhausted(_path: Path) -> Graph:
        raise MemoryError

    monkeypatch.setattr(api, "load", exhausted)
    assert "not enough memory" in error_of(capsys, "compile", DIGITS, "--target", "host")


# -- models ------------------------------------------------------------------------------------------------------------

COMMANDS: list[list[str]] = [
    ["compile", "MODEL", "--target", "host"],
    ["verify", "MODEL", "--target", "host"],
    ["run", "MODEL", "--target", "host", "--inputs", "x.npy", "-o", "y.npy"],
    ["quantize", "MODEL", "--calibration", "x.npy"],
    ["report", "MODEL"],
    ["export", "MODEL"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_models_that_cannot_be_read(
    command: list[str], tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = {
        "absent.tflite": None,
        "empty.tflite": b"",
        "noise.tflite": b"\x00\x01\x02\x03" * 999,
        "damaged.tflite": Path(DIGITS).read_bytes()[:999],
        "truncated.bwq": b"PK\x03\x04" + b"\x00" * 99,
        "zip.bwq": b"PK\x05\x06" + b"\x00" * 18,
        "odd\n\x1b[31m.tflite": b"noise",
    }
    for name, data in made.items():
        if data is not None:
            Path(name).write_bytes(data)
    before = sorted(tmp_path.iterdir())
    for name in (*made, ".", "/dev/zero", "/dev/null", "absent/model.tflite"):
        assert error_of(capsys, *[name if part == "MODEL" else part for part in command])
    assert sorted(tmp_path.iterdir()) == before


@as_root
def test_a_model_without_permission(tmp_path: Path, capsys: Capture) -> None:
    model = tmp_path / "model.tflite"
    model.write_bytes(Path(DIGITS).read_bytes())
    model.chmod(0)
    assert "Permission denied" in error_of(capsys, "compile", model, "--target", "host")


def test_a_file_larger_than_any_model(tmp_path: Path, capsys: Capture) -> None:
    model = tmp_path / "model.tflite"
    with model.open("wb") as file:
        file.truncate(2**40)
    assert "has more than 33554432 bytes" in error_of(capsys, "compile", model, "--target", "host")


# -- targets -----------------------------------------------------------------------------------------------------------

BOARD = (BOARDS / "mps2-an386.toml").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "board.toml lacks cpu, description, isa, platform, toolchain"),
        ("a = [", "board.toml: "),
        (BOARD.replace("isa = ", "isb = "), "lacks isa and has unknown isb"),
        (BOARD.replace('isa = ["armv7em", "generic"]', "isa = []"), "'isa' must be a list of 1 or more texts"),
        (BOARD.replace('isa = ["armv7em", "generic"]', 'isa = "generic"'), "'isa' must be a list of texts"),
        (BOARD.replace('isa = ["armv7em", "generic"]', 'isa = ["z80"]'), "'isa' names 'z80'; there are armv6m, "),
        (BOARD.replace('name = "arm"', 'name = "z80"'), "'name' must be one of host, arm, riscv, riscv-clang, not"),
        (BOARD.replace("size = 0x400000", "size = 1e9", 1), "'size' must be a number"),
        (BOARD.replace("size = 0x400000", "size = -1", 1), "'flash' of -1 bytes at 0x0 is outside 32-bit memory"),
        (BOARD.replace("0x20000000", "0xfff00000"), "'ram' of 4194304 bytes at 0xfff00000 is outside 32-bit memory"),
        (BOARD.replace("0x20000000", "0x3ffffc"), "flash at 0x0 and RAM at 0x3ffffc overlap"),
        (BOARD.replace("[memory]", "[board2]"), "has unknown board2"),
        (re.sub(r"\[memory\](\n.+)+", "", BOARD), "'linker_script' needs the [memory]"),
        (BOARD.replace("cortex_m.ld", "absent.ld"), "'linker_script' names 'absent.ld'; there are "),
        (BOARD.replace('"mps2.c"', '"../runtime/bw_main.c"'), "'sources' names '../runtime/bw_main.c'; there are "),
        (BOARD.replace("0d28:0204", "0D28:0204"), "'usb' must hold texts like \"0483:374b\", not '0D28:0204'"),
        (BOARD.replace("baud = 115200", "baud = true"), "'baud' must be a number"),
        (BOARD.replace("baud = 115200", "baud = 0"), "'baud' must be 1 to 4000000, not 0"),
        (BOARD.replace("baud = 115200", "speed = 115200"), "[board] lacks baud and has unknown speed"),
        (BOARD.replace("baud = 115200", 'baud = 115200\nmodelled = "yes"'), "'modelled' must be true or false"),
        (BOARD.replace("[loaders.jlink]", "[loaders.dfu]"), "unknown loaders dfu; there are pyocd, openocd, esptool"),
        (BOARD.replace("[loaders.jlink]\ndevice", "[loaders]\njlink"), "'jlink' must be a table"),
        (re.sub(r"\[board\](\n.+)+", "", BOARD), "[loaders] needs a [board]"),
    ],
)
def test_wrong_target_descriptions(text: str, message: str, tmp_path: Path, capsys: Capture) -> None:
    board = tmp_path / "board.toml"
    board.write_text(text)
    assert message in error_of(capsys, "compile", DIGITS, "--target", board, "-o", tmp_path / "out")
    assert list(tmp_path.iterdir()) == [board]


def test_a_target_description_that_cannot_be_read(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "folder.toml").mkdir()
    for name in ("binary.toml", "folder.toml", "absent.toml"):
        assert name in error_of(capsys, "compile", DIGITS, "--target", tmp_path / name)


# -- where commands write ----------------------------------------------------------------------------------------------


def compile_to(folder: str | Path) -> list[str | Path]:
    return ["compile", DIGITS, "--target", "host", "-o", folder]


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, and its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_only_projects_of_our_own_are_replaced(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / "foreign"
    (foreign / "deep").mkdir(parents=True)
    (foreign / "deep" / "thesis.tex").write_text("years of work")
    (tmp_path / "file").write_text("a file")
    (tmp_path / "like").mkdir()
    (tmp_path / "like" / "bitwright.json").write_text('{"bit_exact": true}')
    (tmp_path / "like" / "data").write_text("kept")
    before = snapshot(tmp_path)
    refusal = "exists and is not a Bitwright project: choose another -o or remove it"
    for place in ("foreign", "file", "like"):
        assert error_of(capsys, *compile_to(tmp_path / place)).endswith(refusal)
    assert f"cannot be written: '{tmp_path / 'file'}' is no folder" in error_of(
        capsys, *compile_to(tmp_path / "file" / "below")
    )
    assert "cannot be written" in error_of(capsys, *compile_to("/proc/bitwright"))
    assert "cannot be written: File name too long" in error_of(capsys, *compile_to(tmp_path / ("n" * 300)))
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    for place in (".", "..", "../empty", str(empty)):
        assert error_of(capsys, *compile_to(place))
    assert snapshot(tmp_path) == before and list(empty.iterdir()) == []


def test_compiling_twice_over_its_own_project(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "a" / "b" / "project"
    api.generate(load(DIGITS), "host", folder)
    first = snapshot(folder)
    (folder / "src" / "stale.c").write_text("int stale;")
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert main([str(part) for part in compile_to(link)]) == 0
    assert snapshot(folder) == first and link.is_symlink()
    assert sorted(tmp_path.iterdir()) == [tmp_path / "a", link]
    assert list((tmp_path / "a" / "b").iterdir()) == [folder]
    capsys.readouterr()


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
@pytest.mark.parametrize("step", ["file", "swap"])
def test_a_failure_while_writing_leaves_what_was_there(
    failure: BaseException, step: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    api.generate(load(DIGITS), "host", project)
    before = snapshot(tmp_path)
    calls = 0

    def failing(original: Callable[..., Any], at: int) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == at:
                raise failure
            return original(*arguments)

        return call

    for folder, swap in ((project, 2), (tmp_path / "new" / "deep", 1)):
        calls = 0
        with monkeypatch.context() as patch:
            if step == "file":
                patch.setattr(Path, "write_bytes", failing(Path.write_bytes, 9))
            else:
                patch.setattr(os, "replace", failing(os.replace, swap))
            code = main([str(part) for part in compile_to(folder)])
        assert calls and code == (130 if isinstance(failure, KeyboardInterrupt) else 2)
        assert snapshot(tmp_path) == before and list(tmp_path.iterdir()) == [project]
    error = capsys.readouterr().err
    assert "interrupted" in error or error.count("cannot be written: No space left on device") == 2


@pytest.mark.parametrize(
    "command",
    [
        ["verify", DIGITS, "--target", "host", "--json", "PLACE"],
        ["compile", DIGITS, "--target", "host", "-o", "out", "--plan", "PLACE"],
        ["run", DIGITS, "--target", "host", "--inputs", "x.npy", "-o", "PLACE.npy"],
        ["report", DIGITS, "-o", "PLACE"],
        ["export", DIGITS, "-o", "PLACE"],
    ],
    ids=lambda command: command[0],
)
def test_results_that_cannot_be_written_are_refused_before_the_work(
    command: list[str], tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_arguments: Any) -> None:
        raise AssertionError("the work was begun")

    monkeypatch.setattr(images, "built", work)
    monkeypatch.setattr(images, "generate", work)
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.zeros(SHAPE, np.int8))
    Path("folder.npy").mkdir()
    Path("folder").mkdir()
    for place, reason in (("folder", "it is a folder"), ("no/where", "there is no folder 'no'")):
        message = error_of(capsys, *[part.replace("PLACE", place) for part in command])
        assert "cannot be written: " + reason in message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "folder.npy", "x.npy"]


# -- input vectors -----------------------------------------------------------------------------------------------------


def save(path: Path, array: Any = None, **arrays: Any) -> None:
    """A .npy file, or a .npz file, whatever the path's suffix."""
    with path.open("wb") as file:
        if arrays:
            np.savez(file, **arrays)
        else:
            np.save(file, array)


def zipped(path: Path, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)


def header(shape: str, dtype: str = "|i1") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


BAD_VECTORS: dict[str, tuple[Callable[[Path], object], str]] = {
    "absent": (lambda path: None, "cannot be read: No such file or directory"),
    "a folder": (lambda path: path.mkdir(), "cannot be read: Is a directory"),
    "empty": (lambda path: path.write_bytes(b""), "is no readable .npy or .npz file"),
    "noise": (lambda path: path.write_bytes(b"noise" * 99), "is no readable .npy or .npz file"),
    "a damaged header": (lambda path: path.write_bytes(header("(1, 8, 8")), "is no readable .npy or .npz file"),
    "nested without end": (lambda path: path.write_bytes(header("(" * 5000)), "is no readable .npy or .npz file"),
    "cut off": (lambda path: path.write_bytes(header("(9, 8, 8, 1)") + b"1"), "ends after 1 of 576 bytes"),
    "a claim of terabytes": (
        lambda path: path.write_bytes(header("(1000000000000, 8, 8, 1)")),
        "64000000000000 bytes; up to 268435456 bytes are read",
    ),
    "a claim beyond int64": (lambda path: path.write_bytes(header(f"({2**70}, 8)")), "bytes are read"),
    "a negative shape": (lambda path: path.write_bytes(header("(-1, -64)") + b"1" * 64), "an array of shape [-1, -64]"),
    "objects": (lambda path: path.write_bytes(header("(1, 8, 8, 1)", "|O")), "holds no array of numbers"),
    "texts": (lambda path: save(path, np.array(["a", "b"])), "holds no array of numbers"),
    "records": (lambda path: save(path, np.zeros(3, "i4,f4")), "readable|no array of numbers"),
    "no vectors": (lambda path: save(path, np.zeros((0, 8, 8, 1), np.int8)), "does not hold vectors of"),
    "another shape": (lambda path: save(path, np.zeros((1, 8, 9, 1), np.int8)), "shape [1, 8, 9, 1]"),
    "a scalar": (lambda path: save(path, np.int8(3)), "an array of shape [] does not hold vectors"),
    "another type": (
        lambda path: save(path, np.zeros(SHAPE, np.int16)),
        "must be int8, found int16",
    ),
    "floats": (lambda path: save(path, np.zeros(SHAPE)), "must be int8, found float64"),
    "bools": (lambda path: save(path, np.zeros(SHAPE, bool)), "must be int8, found bool"),
    "an archive of nothing": (lambda path: zipped(path), "lacks the input in0; arrays of numbers that it holds: none"),
    "an archive without the key": (
        lambda path: save(path, x=np.zeros(SHAPE, np.int8), names=np.array(["a"])),
        "lacks the input in0; arrays of numbers that it holds: x",
    ),
    "an archive with too many claims": (
        lambda path: zipped(path, **{"in0.npy": header("(100000000,)"), "in1.npy": header("(200000000,)")}),
        "ends after 0 of 100000000 bytes",
    ),
    "a damaged archive": (
        lambda path: (save(path, in0=np.ones((64, *SHAPE), np.int8)), damage(path, 200)),
        "is no readable .npy or .npz file",
    ),
}


def damage(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("name", BAD_VECTORS)
def test_vectors_that_do_not_fit(name: str, tmp_path: Path, capsys: Capture) -> None:
    make, message = BAD_VECTORS[name]
    path = tmp_path / "x.npy"
    make(path)
    error = error_of(capsys, "verify", DIGITS, "--target", "host", "--inputs", path)
    assert any(part in error for part in message.split("|")) and str(path) in error
    assert error == error_of(capsys, "run", DIGITS, "--target", "host", "--inputs", path, "-o", tmp_path / "y.npy")


def two_float_inputs() -> bytes:
    """y = a + b, where the file quantizes both inputs from float."""
    tensors = {
        name: activation(name, (1, 3), 0.5, 0, DType.FLOAT32 if name in ("a", "b") else DType.INT8)
        for name in ("a", "b", "qa", "qb", "y")
    }
    tensors |= {name: activation(name, (1, 3), 1.0, 0, DType.FLOAT32) for name in ("a", "b")}
    nodes = (
        Node("quantize_a", "QUANTIZE", ("a",), ("qa",)),
        Node("quantize_b", "QUANTIZE", ("b",), ("qb",)),
        Node("add", "ADD", ("qa", "qb"), ("y",), {"activation": "NONE", "pot_scale_int16": False}),
    )
    return write_tflite(Graph("model", tensors, nodes, ("a", "b"), ("y",)))


def test_vectors_of_several_float_inputs(tmp_path: Path) -> None:
    model, path = tmp_path / "model.tflite", tmp_path / "x.npz"
    model.write_bytes(two_float_inputs())
    graph = load(model)
    good = np.array([[0.5, -1, 1e300]])
    for arrays, message in (
        ({"in0": good}, "lacks the input in1; arrays of numbers that it holds: in0"),
        ({"in0": good, "in1": np.repeat(good, 2, axis=0)}, r"the inputs hold \[1, 2\] vectors"),
        ({"in0": good, "in1": np.array([[0, np.nan, 0]])}, "input 'qb' holds NaN or infinite values"),
        ({"in0": good * np.inf, "in1": good}, "input 'qa' holds NaN or infinite values"),
        ({"in0": good, "in1": np.zeros((1, 3), np.int32)}, "input 'qb' must be int8, found int32"),
    ):
        np.savez(path, **arrays)
        with pytest.raises(InputError, match=message):
            load_vectors(graph, path)
    np.save(tmp_path / "x.npy", good)
    with pytest.raises(InputError, match=r"lacks the input in0, in1; .* holds: one without a name"):
        load_vectors(graph, tmp_path / "x.npy")
    np.savez(path, in0=good, in1=np.array([[0.5, -1, 3e38]], np.float32))
    ((first, second),) = load_vectors(graph, path)
    assert first.tolist() == second.tolist() == [[1, -2, 127]]


def test_random_vectors_are_bounded_and_repeat() -> None:
    graph = load(DIGITS)
    for count, seed in ((0, 0), (-1, 0), (2**40, 0), (8, -1)):
        with pytest.raises(InputError):
            random_vectors(graph, count, seed)
    first, second = random_vectors(graph, 9, 10**30), random_vectors(graph, 9, 10**30)
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(first, second, strict=True))


# -- processes ---------------------------------------------------------------------------------------------------------


def started(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bitwright", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_verification_leaves_nothing(tmp_path: Path, stop: signal.Signals) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = started("verify", DIGITS, "--target", "host", "--vectors", "50000", env=environment)
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("bitwright-*/project/build/*.elf")) and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.2)
    process.send_signal(stop)
    output, error = process.communicate(timeout=30)
    assert (process.returncode, output, error.strip()) == (130, "", "interrupted")
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_that_a_finalizer_swallowed_stops_at_the_next_step() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), console.progress() as progress:
        progress("verify", 1, 9)
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        progress("verify", 2, 9)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    process = started("ops", "--json")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    error = process.stderr.read()
    assert process.wait(timeout=30) == 141 and error == ""
    process.stderr.close()


@pytest.mark.parametrize(
    ("command", "page"),
    [("ops --markdown", "operators.md"), ("ops --kernels", "kernels.md"), ("boards --markdown", "boards.md")],
)
def test_the_generated_pages_are_current(command: str, page: str, capsys: Capture) -> None:
    assert main(command.split()) == 0
    assert capsys.readouterr().out == (ROOT / "docs" / page).read_text()


def test_json_on_standard_output_is_only_json(capsys: Capture) -> None:
    assert main(["targets", "--json"]) == 0
    assert {target["name"] for target in json.loads(capsys.readouterr().out)} >= {"host", "mps2-an386"}
    assert main(["ops", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
    assert cli.main(["verify", DIGITS, "--target", "host", "--vectors", "1", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["bit_exact"]
