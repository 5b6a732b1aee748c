"""MLCommons' own MLPerf Tiny runner drives Bitwright's firmware on an emulated core: performance and accuracy.

    python benchmarks/mlperf_runner.py --runner TINY [--python PYTHON] [--samples N] [--only kws,ic,...]

Writes docs/benchmarks/mlperf_runner.md. TINY is a checkout of github.com/mlcommons/tiny; PYTHON an interpreter with
what its benchmark/runner needs (pyserial, pyyaml, pyusb, numpy, scikit-learn, matplotlib). Its code and its tests are
used as they are; only the serial ports that it finds are replaced by the emulator's. Samples and models are read from
--data (default: ../shared/data), which the project does not ship.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import serial
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import Graph
from bitwright.converter.reference import Session
from bitwright.targets.image import built_from
from bitwright.targets.mlperf.benchmarks import BENCHMARKS, Benchmark, network_input, results_line
from bitwright.targets.mlperf.firmware import application
from bitwright.targets.target import find_target

ROOT = Path(__file__).resolve().parent.parent
TARGET = "mps2-an386"
#: The emulator executes an instruction in 2^SHIFT nanoseconds of its time. The runner wants windows of 10 s by the
#: firmware's clock and 10 s by its own, and waits 30 s for an answer: with the iterations of its tests a window then
#: takes 10 to 15 s, which `paced` lets pass.
SHIFT = {"kws": 6, "vww": 6, "ic": 6, "ad": 5}
WINDOW, FRAME = 2560, 512  # bytes of an ad01 window of five spectra, and of one of them

#: Runs the runner's main.py with one serial port, as if its reference board were plugged in, and no USB devices.
SHIM = """
import runpy, sys, types
from serial.tools import list_ports
import usb.core
folder, device = sys.argv[1:3]
port = types.SimpleNamespace(device=device, vid=0x0483, pid=0x374B, description="emulator")
list_ports.comports = lambda *_: [port]
usb.core.find = lambda **_: []
sys.path.insert(0, folder)
sys.argv = ["main.py", *sys.argv[3:]]
runpy.run_path(f"{folder}/main.py", run_name="__main__")
"""


@dataclass(frozen=True)
class Sample:
    """A file of the runner's data set: its bytes and the class that counts as right."""

    name: str
    data: bytes
    label: int


def data_set(benchmark: Benchmark, graph: Graph, data: Path, most: int | None) -> tuple[list[Sample], str]:
    """The samples of a benchmark, and in words where their labels come from."""
    if benchmark.short == "ad":
        return spectra(benchmark, graph, data, most), "the reference's own error, above or below the median"
    (path,) = (data / "golden_eval").glob(f"{benchmark.models[0]}*.npz")
    with np.load(path) as content:
        x, out = content["x"], content["out"]
        labels, names = content.get("y"), content.get("names")
    raw = x.reshape(len(x), -1).view(np.uint8) ^ (128 if benchmark.sample == "uint8" else 0)
    right = out.reshape(len(x), -1).argmax(axis=1) if labels is None else labels
    order = in_turn(right)[:most]
    samples = [
        Sample(f"{Path(names[i]).stem if names is not None else f'{i:06d}'}.bin", raw[i].tobytes(), int(right[i]))
        for i in order
    ]
    return samples, "the data set's" if labels is not None else "tflite-runtime's answer"


def in_turn(labels: Any) -> list[int]:
    """Indices such that the first of them hold every class: the runner's AUC needs them all."""
    rank = np.zeros(len(labels), int)
    for label in np.unique(labels):
        where = np.flatnonzero(labels == label)
        rank[where] = np.arange(len(where))
    return np.lexsort((labels, rank)).tolist()


def spectra(benchmark: Benchmark, graph: Graph, data: Path, most: int | None) -> list[Sample]:
    """Files of ten spectra, six windows each, from the real spectra of speech: there are no labelled ones."""
    (path,) = (data / "golden_eval").glob(f"{benchmark.models[0]}*.npz")
    with np.load(path) as content:
        x = content["x"].reshape(-1, 2 * 640)[:most]
    tensor = graph.tensor(graph.inputs[0])
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, x.shape)  # real spectra lie between the quantized ones
    files = ((x - tensor.zero_point + noise) * tensor.scale).astype("<f4")
    errors = [np.mean([float(line[11:-1]) for line in answers(benchmark, graph, file.tobytes())]) for file in files]
    return [
        Sample(f"speech_{i:04d}.bin", file.tobytes(), int(error > np.median(errors)))
        for i, (file, error) in enumerate(zip(files, errors, strict=True))
    ]


def answers(benchmark: Benchmark, graph: Graph, data: bytes) -> list[str]:
    """The reference's results line for each inference that the runner makes of a file."""
    windows = [data]
    if benchmark.short == "ad":
        windows = [data[begin : begin + WINDOW] for begin in range(0, len(data) - WINDOW + 1, FRAME)]
    session = Session(graph)
    lines = []
    for window in windows:
        (output,) = session.trace([network_input(benchmark, graph, window)]).outputs
        lines.append(results_line(benchmark, graph, window, output))
    return lines


@contextmanager
def emulated(elf: Path, shift: int) -> Iterator[str]:
    """The firmware on the emulator, its serial line a pseudo-terminal, of which the name is given."""
    emulator = find_target(TARGET).emulator
    assert emulator is not None
    command = [emulator.program, "-machine", emulator.machine, "-icount", f"shift={shift},sleep=off"]
    command += ["-display", "none", "-monitor", "none", "-serial", "pty", "-kernel", str(elf)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            match = re.search(r"redirected to (\S+)", process.stdout.readline())
            assert match is not None, "the emulator did not name its terminal"
            yield match[1]
        finally:
            process.terminate()


@contextmanager
def paced(device: str) -> Iterator[str]:
    """A pseudo-terminal before another: the second timestamp of a window is held back until the window has passed."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    with serial.Serial(device, timeout=0.2) as port:
        done = threading.Event()

        def to_firmware() -> None:
            while not done.is_set():
                ready, _, _ = select.select([master], [], [], 0.2)
                if ready:
                    port.write(os.read(master, 4096))

        def to_runner() -> None:
            line = b""
            begin: float | None = None
            while not done.is_set():
                line += port.readline()
                if not line.endswith(b"\n"):
                    continue
                mark = re.match(rb"m-lap-us-(\d+)", line)
                if line.startswith(b"m-infer-start"):
                    begin = None
                elif mark and begin is None:
                    begin = time.monotonic() - int(mark[1]) / 1e6
                elif mark:
                    time.sleep(max(0.0, begin + int(mark[1]) / 1e6 - time.monotonic()))
                os.write(master, line)
                line = b""

        threads = [threading.Thread(target=function) for function in (to_firmware, to_runner)]
        for thread in threads:
            thread.start()
        try:
            yield os.ttyname(slave)
        finally:
            done.set()
            for thread in threads:
                thread.join()
            os.close(slave)
            os.close(master)


@dataclass(frozen=True)
class Outcome:
    """What the runner recorded: the entries of results.json, its lines of results.txt, and the seconds that it took."""

    entries: list[dict[str, Any]]
    lines: list[str]
    log: str


def run_runner(options: argparse.Namespace, folder: Path, device: str, short: str, mode: str) -> Outcome:
    """One run of the runner in a folder of its own."""
    runner = options.runner / "benchmark" / "runner"
    script = {"p": "tests_performance.yaml", "a": "tests_accuracy.yaml"}[mode]
    devices = "devices_ad.yaml" if short == "ad" else "devices_kws_ic_vww.yaml"
    work = folder / mode
    work.mkdir()
    command = [options.python, "-c", SHIM, str(runner), device, "-d", str(runner / devices)]
    command += ["-t", str(runner / script), "-s", str(folder / "datasets"), "-m", mode]
    result = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=options.timeout, check=False)
    sessions = sorted((work / "sessions").glob("*"))
    found = [session for session in sessions if (session / "results.json").exists()]
    if result.returncode != 0 or not found:
        raise SystemExit(f"the runner failed:\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}")
    (session,) = found
    lines = (session / "results.txt").read_text().splitlines()
    return Outcome(json.loads((session / "results.json").read_text()), lines, (session / "log.txt").read_text())


def same(entry: dict[str, Any], line: str) -> bool:
    """Whether the runner read the numbers of a results line."""
    return bool(entry["infer"]["results"] == [float(text) for text in line[11:-1].split(",")])


def measure(options: argparse.Namespace, benchmark: Benchmark) -> list[str]:
    """Both runs of a benchmark: a table row."""
    graph = bitwright.load(options.data / "models" / "mlperf_tiny" / f"{benchmark.models[0]}.tflite")
    samples, labels = data_set(benchmark, graph, options.data, options.samples)
    expected = [answers(benchmark, graph, sample.data) for sample in samples]
    target = find_target(TARGET)
    model = model_sources(graph, target.isa, benchmark.short, None, target.cores)
    with tempfile.TemporaryDirectory() as scratch, built_from(model, target, application(benchmark, graph)) as image:
        folder = Path(scratch)
        place = folder / "datasets" / benchmark.id
        place.mkdir(parents=True)
        table = []
        for sample in samples:
            (place / sample.name).write_bytes(sample.data)
            tail = f",{WINDOW},{FRAME}" if benchmark.short == "ad" else ""
            table.append(f"{sample.name},{benchmark.outputs if not tail else 2},{sample.label}{tail}\n")
        (place / "y_labels.csv").write_text("".join(table))
        outcomes = {}
        for mode in "pa":
            through = paced if mode == "p" else nullcontext
            with emulated(image.elf, SHIFT[benchmark.short]) as line, through(line) as device:
                outcomes[mode] = run_runner(options, folder, device, benchmark.short, mode)
            print("\n".join(outcomes[mode].lines), flush=True)
    return row(benchmark, outcomes, expected, labels, len(samples))


def row(
    benchmark: Benchmark, outcomes: dict[str, Outcome], expected: list[list[str]], labels: str, count: int
) -> list[str]:
    """What the runner printed, and how many of the results that it read are the reference's."""
    windows = [entry for entry in outcomes["p"].entries if "infer" in entry]
    faults = [entry["error"] for entry in outcomes["p"].entries if "error" in entry]
    micros = windows[0]["infer"]["elapsed_time"] / windows[0]["infer"]["iterations"]
    # In performance mode the runner makes one inference result of each of its first files.
    first = [lines[0] for lines in expected[: len(windows)]]
    pairs = list(zip(windows, first, strict=False))
    pairs += list(zip(outcomes["a"].entries, [line for lines in expected for line in lines], strict=True))
    equal = sum(same(entry, line) for entry, line in pairs)
    printed = "\n".join(outcomes["p"].lines + outcomes["a"].lines)

    def number(pattern: str) -> str:
        match = re.search(pattern, printed)
        return match[1] if match else "none"

    return [
        benchmark.id,
        ", ".join(f"{entry['infer']['elapsed_time'] / 1e6:.1f}" for entry in windows[:1]),
        number(r"Median throughput is\s+([\d.]+)"),
        f"{1000 * micros / 2 ** SHIFT[benchmark.short]:,.0f}",
        "; ".join(faults) or "met",
        str(count),
        str(len(outcomes["a"].entries)),
        labels,
        number(r"Top 1% = ([\d.]+)"),
        number(r"AUC = ([\d.]+)"),
        f"{equal} of {len(pairs)}",
    ]


HEADINGS = (
    "benchmark",
    "window, s of emulated time",
    "median throughput, inf./s of emulated time",
    "instructions per inference",
    "runner's requirements",
    "files",
    "inferences",
    "labels",
    "Top 1%",
    "AUC",
    "results = reference",
)


def markdown(table: list[list[str]], commit: str) -> str:
    """The page."""
    lines = [
        "# MLCommons' runner and the firmware in an emulator",
        "",
        "Regenerated by `python benchmarks/mlperf_runner.py --runner TINY`. The runner of github.com/mlcommons/tiny",
        f"{commit}completed a performance run and an accuracy run of each benchmark against Bitwright's firmware on",
        f"QEMU's {TARGET} (Cortex-M4), over a pseudo-terminal; its code and its test scripts are unchanged.",
        "",
        "**Nothing here is a speed.** The emulator executes an instruction in 64 ns of its own time (32 ns for `ad01`)",
        "and knows no memory and no pipeline: what the runner prints as throughput is 15.625 million (31.25 million)",
        "over the instructions of an inference, with the copy of the sample into the network's input. On a board, the",
        "same firmware counts cycles of the core's clock. Nothing here was submitted to or verified by MLCommons.",
        "",
        "`Top 1%` and `AUC` are what the runner printed for `files` files. The labels of `ic01` are the answers of",
        "tflite-runtime's reference kernels and those of `ad01` the reference's own errors: there, full marks mean",
        "that the firmware answers as the reference does, and say nothing about the network. `results = reference`:",
        "results that the runner read and that are those of the integer reference, to the digit.",
        "",
        "| " + " | ".join(HEADINGS) + " |",
        "|---" + "|--:" * (len(HEADINGS) - 1) + "|",
    ]
    lines += ["| " + " | ".join(row) + " |" for row in table]
    return "\n".join(lines) + "\n"


def rows_of(page: Path) -> dict[str, list[str]]:
    """The rows of a page that is there, by benchmark: those of others than --only stay."""
    lines = page.read_text().splitlines() if page.exists() else []
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return {row[0]: row for row in cells[1:]}


def main() -> int:
    """Run; 0 when every result is the reference's and the runner's requirements are met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runner", type=Path, required=True, help="a checkout of github.com/mlcommons/tiny")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that runs it (default: this one)")
    parser.add_argument("--samples", type=int, default=None, help="at most so many files per benchmark (default: all)")
    parser.add_argument("--only", default=",".join(BENCHMARKS), help="benchmarks, separated by commas")
    parser.add_argument("--timeout", type=int, default=3600, help="seconds that one run may take (default: 3600)")
    parser.add_argument("--commit", default="", help="the checkout's commit, for the page")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs" / "benchmarks" / "mlperf_runner.md")
    options = parser.parse_args()
    options.runner = options.runner.resolve()
    if unknown := [short for short in options.only.split(",") if short not in BENCHMARKS]:
        parser.error(f"there is no benchmark '{unknown[0]}'; there are {', '.join(BENCHMARKS)}")
    rows = rows_of(options.output)
    for short in options.only.split(","):
        benchmark = BENCHMARKS[short]
        rows[benchmark.id] = measure(options, benchmark)
        print("  ".join(rows[benchmark.id]), flush=True)
        table = [rows[other.id] for other in BENCHMARKS.values() if other.id in rows]
        options.output.write_text(markdown(table, f"at {options.commit} " if options.commit else ""))
    print(f"Wrote {options.output}")
    exact = all(row[-1].split(" of ")[0] == row[-1].split(" of ")[1] and row[4] == "met" for row in table)
    return 0 if exact else 1


if __name__ == "__main__":
    sys.exit(main())
