"""``bitwright mlperf-tiny``: what it writes, files and refuses."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import bitwright
import pytest
from background import ROOT
from bitwright.cli import main
from bitwright.converter.ir import Graph
from bitwright.converter.writers.tflite import write_tflite
from bitwright.targets.mlperf.benchmarks import BENCHMARKS, Benchmark
from bitwright.targets.mlperf.submission import make
from bitwright.targets.target import all_targets, find_target
from networks import Fixed, softmax
from tools import needs_target

DIGITS = bitwright.load(ROOT / "examples" / "digits" / "digits_int8.tflite")


def network(benchmark: Benchmark) -> Graph:
    """One layer between the benchmark's input and output."""
    n = Fixed(5)
    x = n.input((1, benchmark.inputs))
    weights, bias, scale = n.weights(x, (benchmark.outputs, benchmark.inputs), 0)
    y = n.emit("FULLY_CONNECTED", [x, weights, bias], scale, activation="NONE", keep_num_dims=False)
    if benchmark.sample != "float32":
        softmax(n, y)
    return n.finish()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network of every benchmark, under the benchmark's short name."""
    folder = tmp_path_factory.mktemp("models")
    for benchmark in BENCHMARKS.values():
        (folder / f"{benchmark.short}.tflite").write_bytes(write_tflite(network(benchmark)))
    return folder


def session(folder: Path, model: str, mode: str, results: str) -> None:
    """A record as MLCommons' runner leaves it, shortened."""
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text(f"Device profile retrieved: ULPMark\nDevice model retrieved: {model}\n")
    (folder / "results.txt").write_text(results)
    entry = {"infer": {"results": [1.0], "iterations": 1}, "file": "a.bin", "class": "0", "mode": mode}
    (folder / "results.json").write_text(json.dumps([entry]))


@pytest.mark.parametrize("target", [needs_target("mps2-an386")])
def test_all_four_in_the_layout_of_a_submission(
    target: str, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    for only in ("kws", "kws,vww,ic,ad"):  # its own folder may be replaced
        arguments = ["mlperf-tiny", "--target", target, "--models", str(models), "--only", only, "-o", str(output)]
        assert main(arguments) == 0
    shown = capsys.readouterr().out
    readme = (output / "README.md").read_text()
    for benchmark in BENCHMARKS.values():
        code = output / "closed" / "Bitwright" / "code" / target / benchmark.short
        assert {"CMakeLists.txt", "firmware.elf", "harness", "src"} <= {path.name for path in code.iterdir()}
        assert not (code / "harness" / "bw_main.c").exists()
        assert f'"{benchmark.id}"' in (code / "harness" / "bw_benchmark.c").read_text()
        assert benchmark.id in shown and f"| {benchmark.id} |" in readme
    system = json.loads((output / "closed" / "Bitwright" / "systems" / f"{target}.json").read_text())
    assert system["Submitter"] == "Bitwright" and "gcc" in system["General Compiler(s)"]
    assert "Nothing yet" in readme


def test_a_written_project_builds_by_itself(models: Path, tmp_path: Path) -> None:
    arguments = ["mlperf-tiny", "--target", "host", "--models", str(models), "--only", "kws", "-o", str(tmp_path / "o")]
    assert main(arguments) == 0
    project = tmp_path / "o" / "closed" / "Bitwright" / "code" / "host" / "kws"
    for command in (["cmake", "-S", ".", "-B", "build"], ["cmake", "--build", "build"]):
        subprocess.run(command, cwd=project, check=True, capture_output=True)
    said = subprocess.run(
        [project / "build" / "kws_firmware"], input=b"profile%", capture_output=True, check=True
    ).stdout
    assert said.endswith(b"m-model-[kws01]\r\nm-ready\r\n")


def test_recorded_runs_are_filed(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / "sessions"
    session(runs / "20260101_100000", "kws01", "p", "ulp-mlperf: Median throughput is  1.000 inf./sec.\n")
    session(runs / "20260101_110000", "kws01", "p", "ulp-mlperf: Median throughput is  5.814 inf./sec.\n")
    session(runs / "20260101_120000", "ad01", "a", "x: Top 1% = 77.8\nx: AUC = 0.851\n")
    arguments = ["mlperf-tiny", "--target", "host", "--models", str(models), "--only", "kws", "--submitter", "Us"]
    assert main([*arguments, "--division", "open", "--sessions", str(runs), "-o", str(tmp_path / "o")]) == 0
    results = tmp_path / "o" / "open" / "Us" / "results" / "host"
    kept = results / "kws" / "performance"
    assert {path.name for path in kept.iterdir()} == {"log.txt", "results.txt", "results.json"}
    assert "5.814" in (kept / "results.txt").read_text()  # the latest
    assert (results / "ad" / "accuracy" / "results.json").is_file()
    text = (tmp_path / "o" / "README.md").read_text()
    assert (tmp_path / "o" / "open" / "Us" / "systems" / "host.json").is_file()
    assert "| kws01 | performance | Median throughput is 5.814 |" in text
    assert "| ad01 | accuracy | Top 1% = 77.8; AUC = 0.851 |" in text
    assert "kws01 performance: Median throughput is 5.814" in capsys.readouterr().out


#: Their core runs at what the boot ROM leaves.
TIMELESS = ("esp32-c3", "esp32-c6")


@pytest.mark.parametrize(
    "board", [needs_target(t.name) for t in all_targets() if t.board is not None and t.name not in TIMELESS]
)
def test_every_board_links_the_protocol(board: str, tmp_path: Path) -> None:
    """For the chip, not for its emulator: each platform says how fast its counter runs."""
    target = find_target(board).on_hardware()
    benchmark = replace(BENCHMARKS["kws"], inputs=64, outputs=10)
    assert make(benchmark, DIGITS, target).sizes.code > 0


@pytest.mark.parametrize("board", TIMELESS)
def test_a_board_whose_clock_is_unknown_is_refused(
    board: str, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "how fast its counter runs" in refused(["--board", board, "--models", str(models)], capsys)


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of an error."""
    assert main(["mlperf-tiny", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_what_cannot_be_is_one_line(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    host = ["--target", "host", "--models", str(models), "-o", str(tmp_path / "o")]
    assert "one of the arguments --target --board is required" in refused(["--models", str(models)], capsys)
    assert "not allowed with argument" in refused([*host, "--board", "x"], capsys)
    assert "there is no target 'x'" in refused(["--target", "x"], capsys)
    assert "is an emulator only" in refused(["--board", "qemu-rv32", "--models", str(models)], capsys)
    assert "no benchmark 'sww'; there are kws, vww, ic, ad" in refused([*host, "--only", "kws,sww"], capsys)
    assert "cannot name a folder" in refused([*host, "--submitter", "../us"], capsys)
    missing = refused(["--target", "host", "--models", str(tmp_path), "--only", "ad"], capsys)
    assert "has no ad01_int8.tflite" in missing and "github.com/mlcommons/tiny" in missing and "--models" in missing
    assert "'sessions'" in refused([*host, "--sessions", str(tmp_path / "none")], capsys)
    assert "no run with a results.json" in refused([*host, "--sessions", str(models)], capsys)
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[1]", b'[{"mode": 1}]', b'[{"mode": "x"}]', b"[" * 10**5])
def test_records_of_something_else(
    content: bytes, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "results.json").write_bytes(content)
    line = refused(["--target", "host", "--models", str(models), "--sessions", str(tmp_path)], capsys)
    assert "is no record of MLCommons' runner" in line


def test_a_network_of_another_benchmark(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kws.tflite").write_bytes((models / "ad.tflite").read_bytes())
    line = refused(["--target", "host", "--models", str(tmp_path), "--only", "kws", "-o", str(tmp_path / "o")], capsys)
    assert "kws01 needs one int8 input of 490 elements" in line
    assert [path.name for path in tmp_path.iterdir()] == ["kws.tflite"]


@pytest.mark.parametrize("target", [needs_target("microbit")])
def test_a_network_that_does_not_fit_names_the_benchmark(
    target: str, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--target", target, "--models", str(models), "--only", "kws,vww", "-o", str(tmp_path / "o")]
    line = refused(arguments, capsys)
    assert line.startswith("bitwright: error: vww01: ") and "--only chooses other benchmarks" in line


def test_the_runner_is_documented() -> None:
    page = (ROOT / "docs" / "mlperf-tiny.md").read_text()
    assert all(benchmark.id in page for benchmark in BENCHMARKS.values())
