"""Keywords and wake words from 16 kHz samples: accuracy of the integer front end beside float, exactness and cost.

    python benchmarks/keyword_spotting.py [--samples N] [--emulated N] [--data FOLDER]

Writes docs/benchmarks/keyword_spotting.md. Recordings and networks are read from FOLDER (default: ../shared/data),
which the project does not ship. Accuracy is the reference's over all recordings; the targets hear some of them, since
an emulator takes a second for each.
"""

from __future__ import annotations

import argparse
import csv
import sys
import wave
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
from bitwright import FrontEnd, console
from bitwright.converter.audio.tables import dct_matrix, hann, mel_filters
from bitwright.converter.reference import Session
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
TARGETS = ("mps2-an386", "qemu-rv32")
WAKE_WORDS = {"v2_okay_nabu": 3, "v1_hey_jarvis": 1, "v2_vad": 3}
STREAMED, SPOKEN = 2, 1  # recordings of the long ones

Array = NDArray[Any]


def recordings(data: Path, most: int | None) -> tuple[Array, Array]:
    """int16 [n, 16000], zeros after the end of short ones, and labels."""
    folder = data / "samples" / "speech_commands_12class_wav"
    with (folder / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[:most]
    samples = np.zeros((len(rows), 16000), np.int16)
    for place, row in zip(samples, rows, strict=True):
        with wave.open(str(folder / row["file"])) as file:
            values = np.frombuffer(file.readframes(16000), "<i2")
        place[: values.size] = values
    return samples, np.array([int(row["label"]) for row in rows])


def float_features(samples: Array) -> Array:
    """MLPerf Tiny's recipe in float64: the recording over its highest sample, then tf.signal's MFCC."""
    settings = FrontEnd()
    highest = np.maximum(samples.max(axis=-1, keepdims=True), 1).astype(np.float64)
    frames = np.lib.stride_tricks.sliding_window_view(samples / highest, settings.window, axis=-1)
    windowed = frames[..., :: settings.stride, :] * hann(settings.window)
    magnitudes = np.abs(np.fft.rfft(windowed, settings.fft_length))
    return np.log(magnitudes @ mel_filters(settings) + settings.floor) @ dct_matrix(settings).T


def table(headings: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table, all columns but the first to the right."""
    lines = ["| " + " | ".join(headings) + " |", "|---|" + "--:|" * (len(headings) - 1)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]


def accuracy(network: bitwright.Graph, samples: Array, labels: Array) -> list[str]:
    """Float and integer front end before the same network."""
    joined, alone = Session(bitwright.with_front_end(network, samples=16000)), Session(network)
    tensor = network.tensor(network.inputs[0])
    answers, decisions, differences = [], [], []
    for one in samples:
        real = float_features(one) / tensor.scale
        features = np.clip(np.rint(real) + tensor.zero_point, -128, 127).astype(np.int8).reshape(tensor.shape)
        answers.append(alone.trace([features]).outputs[0].argmax())
        trace = joined.trace([one[None]])
        decisions.append(trace.outputs[0].argmax())
        differences.append(np.abs(trace.tensors[tensor.name].astype(int) - features))
    off = np.concatenate(differences)
    outputs = np.array(decisions)
    same = int(np.sum(outputs == np.array(answers)))
    near = [f"{np.mean(off == 0):.2%}", f"{np.mean(off <= 1):.2%}", f"{same} of {len(labels)}"]
    rows = [
        ["float64", f"{np.mean(np.array(answers) == labels):.2%}", "", "", ""],
        ["integer", f"{np.mean(outputs == labels):.2%}", *near],
    ]
    headings = ["front end", "top-1", "values equal", "values within one step", "same answer"]
    return table(headings, rows)


def costs(report: Any) -> list[str]:
    """Bytes and instructions of front end and network, of one inference."""
    front = sum(layer.instructions or 0 for layer in report.layers if layer.name.startswith("frontend/"))
    ram, flash = report.ram, report.flash
    sizes = [ram["arena"], ram["static"], ram["stack"], flash["code"], flash["constants"]]
    return [console.number(value) for value in (front, report.instructions - front, *sizes)]


COSTS = ["front end", "network", "arena", "static", "stack", "code", "constants"]


def checked(graph: bitwright.Graph, target: str, vectors: list[Array]) -> Any:
    """A verification's report. Raises SystemExit where it found a difference."""
    with console.progress() as progress:
        report = bitwright.verify(graph, target, inputs=[[vector[None]] for vector in vectors], progress=progress)
    if not report.bit_exact:
        raise SystemExit(f"{graph.name} on {target}: {len(report.mismatches)} differences")
    print(f"{graph.name} on {target}: {report.vectors} inputs, bit-exact", flush=True)
    return report


def wake_words(data: Path, target: str, samples: Array) -> list[list[str]]:
    """One row per model: a long recording through the micro frontend."""
    rows = []
    for name, hops in WAKE_WORDS.items():
        network = bitwright.load(data / "models" / "micro_wake_word" / f"{name}.tflite")
        chunk = 160 * hops
        stream = samples.reshape(-1)[: samples.size // chunk * chunk].reshape(-1, chunk)
        report = checked(bitwright.with_front_end(network, FrontEnd.micro(), hops), target, list(stream))
        rows.append([name, target, str(hops), str(report.vectors), *costs(report)])
    return rows


def library_frames(samples: Array) -> str:
    """How many frames of the micro frontend are those of the library, to the bit."""
    try:
        from pymicro_features import MicroFrontend
    except ImportError:
        return "The library pymicro-features was not here to compare with."
    from bitwright.converter.audio.micro import micro_frames
    from bitwright.converter.ir import DType, Graph
    from bitwright.converter.sensors.builder import Builder

    builder = Builder()
    pcm = builder.tensor("pcm", (1, samples.shape[1]), DType.INT16, 2.0**-15)
    rows = micro_frames(builder, pcm, FrontEnd.micro(), False)
    session = Session(Graph("micro", builder.tensors, tuple(builder.nodes), (pcm,), (rows,)))
    equal, total = 0, 0
    for one in samples:
        library = MicroFrontend()
        theirs = [library.process_samples(hop.tobytes()).features for hop in one.reshape(-1, 160)]
        expected = np.rint(np.array([row for row in theirs if row]) * 25.6)
        ours = session.trace([one[None]]).outputs[0][0]
        equal, total = equal + int(np.all(ours == expected, axis=1).sum()), total + len(expected)
    return f"Frames equal to pymicro-features 2.0.2, to the bit: {equal} of {total}."


def page(data: Path, most: int | None, emulated: int) -> str:
    """The whole page."""
    samples, labels = recordings(data, most)
    network = bitwright.load(data / "models" / "mlperf_tiny" / "kws_ref_model.tflite")
    whole, streams, words = [], [], []
    for target in TARGETS:
        report = checked(bitwright.with_front_end(network, samples=16000), target, list(samples[:emulated]))
        found = np.array([np.frombuffer(answer[0], np.int8).argmax() for answer in report.outputs])
        right = f"{int(np.sum(found == labels[:emulated]))} of {len(found)}"
        whole.append([target, right, *costs(report)])
        for hops in (1, 5):
            stream = list(samples[:STREAMED].reshape(-1, 320 * hops))
            report = checked(bitwright.with_front_end(network, hops=hops), target, stream)
            streams.append([target, str(hops), str(report.vectors), *costs(report)])
        words += wake_words(data, target, samples[:SPOKEN])
    lines = [
        "# Keywords and wake words from samples",
        "",
        "Regenerated by `python benchmarks/keyword_spotting.py`. Every layer of every inference, front end included,",
        "is compared with the reference on the emulated core, and all of these were bit-exact. Instructions are of one",
        "inference, exact, not cycles; bytes are of the ELF without the test harness, `static` is the stream's state.",
        "",
        "## Keyword spotting (MLPerf Tiny), accuracy",
        "",
        f"The int8 network `kws_ref_model` on {len(labels)} recordings of Speech Commands (12 classes), its features",
        "from float64 (the training's recipe, rounded to the nearest step) and from the integer front end.",
        "",
        *accuracy(network, samples, labels),
        "## A recording of a second at once",
        "",
        *table(["target", "recognized", *COSTS], whole),
        "## A stream",
        "",
        f"{min(STREAMED, len(samples))} recordings one after the other; an inference every 20 ms or every 100 ms.",
        "",
        *table(["target", "frames per inference", "inferences", *COSTS], streams),
        "## Wake words (micro frontend)",
        "",
        library_frames(samples),
        "",
        *table(["model", "target", "frames per inference", "inferences", *COSTS], words),
    ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    """Run; 0 when everything is bit-exact."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--samples", type=int, default=None, help="at most so many recordings (default: all)")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--emulated", type=int, default=30, help="recordings that each target hears (default: 30)")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs" / "benchmarks" / "keyword_spotting.md")
    options = parser.parse_args()
    text = page(options.data, options.samples, options.emulated)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text)
    print(f"Wrote {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
