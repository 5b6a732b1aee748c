"""Float MLPerf Tiny networks quantized by Bitwright, against the published int8 files on the same samples.

    python benchmarks/mlperf_tiny_ptq.py [--networks kws vww ic ad] [--data FOLDER]

Writes docs/benchmarks/mlperf_tiny_ptq.md. Models and samples are read from FOLDER (default: ../shared/data), which the
project does not ship.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
from bitwright.converter.float_reference import batches, run_float
from bitwright.converter.ir import Graph, Tensor
from bitwright.converter.quantize.calibration import Calibration, calibration
from bitwright.converter.quantize.judge import integer_outputs
from bitwright.converter.quantize.recipe import AUTO, find_recipe, quantize
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
Array = NDArray[Any]
#: Recipes of int8 activations and weights, as the published files have.
EIGHT_BIT = tuple(name for name in AUTO if name != "wide")
HEADINGS = (
    "network",
    "samples",
    "quantized by",
    "mean-squared error",
    "top-1 as float",
    "accuracy",
    "score ranks",
    "seconds",
)


@dataclass(frozen=True)
class Case:
    """One network and where its samples come from.

    Attributes:
        floating, published: model files, without suffix.
        samples: file of the data folder; ``inputs`` is its array: real values, or integers on the published input grid.
        autoencoder: its anomaly score is the mean-squared difference of output and input. Neighbouring samples come
            from one recording, so that the halves are cut in the middle.
    """

    floating: str
    published: str
    samples: str
    inputs: str = "x"
    autoencoder: bool = False


CASES = {
    "kws": Case("kws_ref_model_float32", "kws_ref_model", "samples/kws01/kws01_features", "x_float"),
    "kws, int8 features": Case("kws_ref_model_float32", "kws_ref_model", "golden_eval/kws_ref_model_int8"),
    "vww": Case("vww_96_float", "vww_96_int8", "golden_eval/vww_96_int8"),
    "ic": Case("pretrainedResnet", "pretrainedResnet_quant", "golden_eval/pretrainedResnet_quant_proxy_images"),
    "ad": Case("ad01_fp32", "ad01_int8", "golden_eval/ad01_int8_speech_windows", autoencoder=True),
}


@dataclass(frozen=True, eq=False)
class Outputs:
    """What one quantized network answers on all samples, and the seconds that its conversion took."""

    label: str
    values: Array
    seconds: float | None = None


def halves(case: Case, count: int) -> tuple[Array, Array]:
    """Indices of the samples that each of the two networks is evaluated on; it is calibrated on the others."""
    order = np.arange(count)
    if case.autoencoder:
        return order[: count // 2], order[count // 2 :]
    return order[::2], order[1::2]


def crossed(graph: Graph, case: Case, inputs: Array) -> Iterator[Outputs]:
    """Every recipe, then the best of each half; a network that one half calibrates answers the other."""
    parts = halves(case, len(inputs))
    answers: dict[str, Array] = {}
    losses: dict[str, list[float]] = {}
    for name in EIGHT_BIT:
        halved, losses[name], seconds = [], [], 0.0
        for evaluated, calibrated in (parts, parts[::-1]):
            samples = calibration(graph, [inputs[calibrated]])
            begin = time.perf_counter()
            integer = quantize(graph, samples, find_recipe(name)).integer
            seconds += time.perf_counter() - begin
            halved.append(outputs(integer, calibration(graph, [inputs[evaluated]])))
            expected = np.concatenate([run_float(graph, batch)[0] for batch in samples.batches()])
            losses[name].append(float(np.mean((outputs(integer, samples) - expected.reshape(len(samples), -1)) ** 2)))
        answers[name] = np.concatenate(halved)[np.argsort(np.concatenate(parts))]
        yield Outputs(f"Bitwright, {name}", answers[name], seconds / 2)
    best = np.empty_like(answers[EIGHT_BIT[0]])
    chosen = [min(EIGHT_BIT, key=lambda name: losses[name][half]) for half in range(2)]
    for name, evaluated in zip(chosen, parts, strict=True):
        best[evaluated] = answers[name][evaluated]
    yield Outputs(f"Bitwright, chosen: {', '.join(dict.fromkeys(chosen))}", best)


def outputs(integer: Graph, samples: Calibration) -> Array:
    """The integer network's outputs as real values [samples, outputs]."""
    return np.asarray(integer_outputs(integer, samples)[0]).reshape(len(samples), -1)


def rows(data: Path, name: str, case: Case) -> Iterator[list[str]]:
    """One row per way of quantizing."""
    models = data / "models" / "mlperf_tiny"
    graph, official = (bitwright.load(models / f"{stem}.tflite") for stem in (case.floating, case.published))
    with np.load(data / f"{case.samples}.npz") as content:
        inputs, labels, expected = content[case.inputs], content.get("y"), content.get("out")
    source = official.tensor(official.inputs[0])
    if inputs.dtype == np.int8:
        inputs = real(source, inputs).astype(np.float32)
    floating = np.concatenate([run_float(graph, batch)[0] for batch in batches([inputs])]).reshape(len(inputs), -1)
    levels = np.clip(np.rint(inputs / source.scale) + source.zero_point, -128, 127).astype(np.int8)
    integers = np.concatenate([bitwright.run(official, x[None])[0] for x in levels]).reshape(len(inputs), -1)
    if expected is not None and not np.array_equal(integers, expected.reshape(integers.shape)):
        raise SystemExit(f"{name}: the published network's outputs differ from tflite-runtime's")
    published = Outputs("published int8 file", real(official.tensor(official.outputs[0]), integers))
    yield [name, str(len(inputs)), "float", "", "", accuracy(floating, labels), "", ""]
    for found in (published, *crossed(graph, case, inputs)):
        error = np.mean((found.values - floating.astype(np.float64)) ** 2)
        agreement = np.mean(found.values.argmax(1) == floating.argmax(1))
        ranks = correlation(inputs, floating, found.values) if case.autoencoder else ""
        seconds = "" if found.seconds is None else f"{found.seconds:.1f}"
        yield ["", "", found.label, f"{error:.3e}", f"{agreement:.2%}", accuracy(found.values, labels), ranks, seconds]


def real(tensor: Tensor, integers: Array) -> Array:
    """Integers of a tensor as real values."""
    return (integers.astype(np.float64) - tensor.zero_point) * tensor.scale


def accuracy(found: Array, labels: Array | None) -> str:
    """Share of right answers, where there are labels."""
    return "" if labels is None else f"{np.mean(found.argmax(1) == labels):.2%}"


def correlation(inputs: Array, floating: Array, found: Array) -> str:
    """Spearman's rank correlation of the anomaly scores of two autoencoders."""
    ranks = [np.mean((values - inputs) ** 2, axis=1).argsort().argsort() for values in (floating, found)]
    return f"{np.corrcoef(*ranks)[0, 1]:.3f}"


PAGE = """# MLPerf Tiny networks, quantized from their float files

Regenerated by `python benchmarks/mlperf_tiny_ptq.py`. Every way of quantizing answers the same samples; errors are
against the float network on them. Bitwright's are integer networks of int8 activations and int8 weights per channel,
run by the exact reference. Each sample is answered by a network that was not calibrated on it: the samples are split in
two halves (`ad` in the middle, the others alternately), and a network calibrated on each half answers the other.
*Chosen* are, for each half, the recipe with the least mean-squared error on the samples that calibrate. One sample is
0.9 % of `vww` and `ic`, 0.7 % of `ad`, and `vww` holds one whose classes float tells apart by 0.00015.

`kws` takes real-valued features. On *int8 features* every network takes the samples that MLPerf Tiny gives to int8
networks, which are truncated and wrapped. `kws`'s float file holds int8 weights (a dynamic-range model); float means
its weights' real values with float activations. `ic` has no CIFAR-10 images here: its samples are photographs of the
`vww` set, scaled down. `ad` has no machine sounds here: its samples are windows of speech, which leave the range that
the published file was calibrated for; *score ranks* is Spearman's correlation of the anomaly score with float's, and
top-1 is the largest of 640 outputs. Seconds are those of one conversion.

{table}
"""


def table(content: list[list[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|" + "---|" * 3 + "--:|" * (len(HEADINGS) - 3)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in content)])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--networks", nargs="*", choices=CASES, default=list(CASES))
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs" / "benchmarks" / "mlperf_tiny_ptq.md")
    options = parser.parse_args()
    content = []
    for name in options.networks:
        for row in rows(options.data, name, CASES[name]):
            content.append(row)
            print("  ".join(row), flush=True)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(PAGE.format(table=table(content)))
    print(f"Wrote {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
