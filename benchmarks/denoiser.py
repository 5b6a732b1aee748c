"""A recurrent speech denoiser in integers: SI-SNR of float, int8, int8 and int16 mixed, and int16; memory; streaming.

    python -m benchmarks.denoiser [--forms F...] [--targets T...] [--mixtures N] [--frames N]

Trains the network where that has not been done (minutes), quantizes it, hears mixtures of the fold that it has not
learned from, verifies the stream frame by frame on the targets, and writes docs/benchmarks/denoiser.md. Recordings are
read from ../shared/data, which the project does not ship.
"""

from __future__ import annotations

import argparse
from typing import Any

import bitwright
import numpy as np
import torch
from bitwright import console
from bitwright.converter.ir import Graph
from bitwright.converter.quantize.annotate import Scheme
from bitwright.converter.quantize.calibration import Calibration, calibration
from bitwright.converter.quantize.judge import integer_outputs
from bitwright.converter.quantize.recipe import Recipe, quantize

from .pages import deliver
from .speech import data, denoise
from .speech.steps import streamed

PAGE = data.ROOT / "docs" / "benchmarks" / "denoiser.md"
MEASURED = "mps2-an386"  # whose bytes the table of memory tells
TARGETS = ("host", "mps2-an386", "qemu-rv32")
#: Form -> (what the table calls it, how it is quantized).
FORMS = {
    "int8": ("all int8", Scheme(int8_state=("*",))),
    "states": ("int8, states int16", Scheme()),
    "mixed": ("int8 and int16 mixed", Scheme(wide=("layer/layer1", "mask", "sigmoid"))),
    "int16": ("int16 activations, int8 weights", Scheme(wide=("*",))),
}
#: What the table of ratios tells, in order.
LABELS = {
    "noisy": "the mixtures",
    "float": "float",
    **{form: label for form, (label, _) in FORMS.items()},
}
WORDS, SNRS, SEED = 4, (0.0, 5.0, 10.0), 11
CALIBRATION = 24  # mixtures of what the network learned from
Results = dict[str, Any]


def heard(mixtures: int) -> tuple[data.Float32, data.Float32]:
    """Noisy and clean [3 * mixtures, samples], as many at each signal to noise ratio."""
    source = denoise.sounds(heard=False)
    parts = [denoise.mixtures(source, mixtures, WORDS, (snr, snr), SEED + place) for place, snr in enumerate(SNRS)]
    return np.concatenate([noisy for noisy, _ in parts]), np.concatenate([clean for _, clean in parts])


def quantized(form: str) -> Graph:
    """The network over a whole mixture, calibrated on what it learned from."""
    noisy, _ = denoise.mixtures(denoise.sounds(heard=True), CALIBRATION, WORDS, denoise.LEARNED_SNR, SEED)
    frames = denoise.features(denoise.spectra(noisy))
    graph = bitwright.load(denoise.trained(), example_inputs=(torch.from_numpy(frames[:1]),))
    return quantize(graph, calibration(graph, [frames]), Recipe(form, *FORMS[form])).integer


def masks(form: str, features: data.Float32) -> data.Float32:
    """Gains of features [n, frames, bins], by the integers of a form or by ``float``."""
    if form == "float":
        network = denoise.trained()
        with torch.no_grad():
            return np.asarray(network(torch.from_numpy(features)).numpy())
    graph = quantized(form)
    (gains,) = integer_outputs(graph, Calibration((features,)))
    return gains.reshape(features.shape)


def stream(form: str, target: str, noisy: data.Float32, frames: int) -> dict[str, Any]:
    """One mixture after the other, a frame at a time on a target; what one frame costs. Raises SystemExit where a bit
    differs."""
    whole = quantized(form)
    features = denoise.features(denoise.spectra(noisy.reshape(1, -1)[:, : (frames - 1) * denoise.HOP]))
    row = streamed(whole, target, features[0])
    constants = [tensor for tensor in whole.tensors.values() if ".weight" in tensor.name]
    return {**row, "weights": sum(tensor.elements for tensor in constants)}


def ratios(results: Results) -> list[str]:
    """The table of signal to noise ratios."""
    floating = np.array(results["float"])
    before = np.array(results["noisy"])
    groups = np.split(np.arange(len(before)), len(SNRS))
    heads = " | ".join(f"at {snr:g} dB" for snr in SNRS)
    lines = [f"| form | SI-SNR | improvement | to float | distance | {heads} |", "|---|" + "--:|" * (4 + len(SNRS))]
    for form, label in LABELS.items():
        if form not in results:
            continue
        found = np.array(results[form])
        cells = [f"{found.mean():.3f}", f"{(found - before).mean():+.3f}", f"{(found - floating).mean():+.3f}"]
        cells.append(f"{np.mean(results[f'{form} distance']):.1f}" if f"{form} distance" in results else "")
        cells = [cells[0], "", "", ""] if form == "noisy" else cells
        cells += [f"{found[group].mean():.3f}" for group in groups]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def memory(results: Results) -> list[str]:
    """The table of bytes, with the form whose weights have 16 bits, too."""
    lines = ["| form | weights | constants | arena | state | all | against `all 16 bits` |", "|---|" + "--:|" * 6]
    rows = {}
    for form, (label, _) in FORMS.items():
        row = results.get(f"{form} {MEASURED}")
        if row is not None:
            ram, constants = row["ram"], row["flash"]["constants"]
            rows[label] = (row["weights"], constants, ram["arena"], ram["static"])
            if form == "int16":
                rows["all 16 bits (computed)"] = (
                    2 * row["weights"], constants + row["weights"], ram["arena"], ram["static"]
                )  # fmt: skip
    whole = sum(rows["all 16 bits (computed)"][1:]) if "all 16 bits (computed)" in rows else 0
    for label, row in rows.items():
        total = sum(row[1:])
        cells = [console.number(value) for value in (*row, total)] + [f"{whole / total:.2f} x less" if whole else ""]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def streams(results: Results) -> list[str]:
    """The table of targets."""
    lines = ["| form | target | frames, all bit-exact | instructions of a frame | MACs | stack | code |"]
    lines.append("|---|---|" + "--:|" * 5)
    for form, (label, _) in FORMS.items():
        for target in TARGETS:
            row = results.get(f"{form} {target}")
            if row is not None:
                values = [row[name] for name in ("vectors", "instructions", "macs")]
                values += [row["ram"]["stack"], row["flash"]["code"]]
                cells = ["" if value is None else console.number(value) for value in values]
                lines.append(f"| {label} | {target} | " + " | ".join(cells) + " |")
    return [*lines, ""]


INTRODUCTION = """# A recurrent speech denoiser in integers

Regenerated by `python -m benchmarks.denoiser`, training included. Spectra of 32 ms every 16 ms; the network sees the
logarithms of a frame's {bins} magnitudes and gives each bin's gain: two GRU layers of {cells} cells, a dense layer, a
logistic function, {parameters:,} parameters, no later frame. It learned from {learned} words of Speech Commands with
noise ({noises} recordings of rooms and machines, coloured noise, four other words at once) at {low:g} to {high:g} dB.

Tested on {count} mixtures of {words} words each, of {tested} words and {others} recordings of noise that it has not
heard. Spectra and their inverse are float; the features and the gains are the integers of each form.

- *all int8*: int8 between all layers, and hidden values of int8, in units of 2^-7, from frame to frame.
- *int8, states int16*: the same but for the hidden values, in units of 2^-15.
- *int8 and int16 mixed*: states int16; weights, features and what the first layer gives the second int8; the second
  layer's output, the dense layer and the gains int16. The recipe of "Accelerating RNN-based Speech Enhancement on a
  Multi-Core MCU with Mixed FP16-INT8 Post-Training Quantization" (Rusci et al., 2022) with int16 in the place of FP16.
- *int16 activations*: int16 between all layers, weights int8.

SI-SNR (Le Roux et al., 2019) in dB, means over the mixtures. *Distance* is the SI-SNR of what a form gives against what
float gives: the higher, the nearer. All forms round weights to nearest.

"""
BYTES = """## Memory

Bytes of the network that takes one frame at a time on `{target}`: constants (weights, biases, multipliers), arena and
state. *All 16 bits* is int16 activations with weights of two bytes: not built, as Bitwright's weights have 8 bits, but
computed from the row above it.

"""
FRAMES = """## Frame by frame

Every layer of every frame equals the reference; the gains equal those of the whole sequence at once, in which the state
never leaves the layer. Instructions are of one frame (16 ms), exact, not cycles. All of it ran on the host and in
emulation, nothing on hardware.

"""


def page(results: Results) -> str:
    """The whole page."""
    learned, tested = denoise.sounds(heard=True), denoise.sounds(heard=False)
    head = INTRODUCTION.format(
        bins=denoise.BINS,
        cells=denoise.CELLS,
        parameters=sum(weights.numel() for weights in denoise.Denoiser().parameters()),
        learned=len(learned.words),
        noises=len(learned.noises),
        low=denoise.LEARNED_SNR[0],
        high=denoise.LEARNED_SNR[1],
        count=len(results["noisy"]),
        words=WORDS,
        tested=len(tested.words),
        others=len(tested.noises),
    )
    versions = sorted({row["compiler"] for row in results.values() if isinstance(row, dict)})
    lines = [head + "\n".join(ratios(results)), BYTES.format(target=MEASURED) + "\n".join(memory(results))]
    lines += [FRAMES + "\n".join(streams(results)), f"Compilers: {', '.join(versions)}; torch {torch.__version__}."]
    return "\n".join(lines) + "\n"


def measure(options: argparse.Namespace) -> Results:
    """Ratios of every form, and its stream on every target."""
    noisy, clean = heard(options.mixtures)
    frames = denoise.spectra(noisy)
    features = denoise.features(frames)
    floating = denoise.signals(masks("float", features) * frames)
    results: Results = {form: denoise.si_snr(what, clean) for form, what in (("noisy", noisy), ("float", floating))}
    for form in options.forms:
        found = denoise.signals(masks(form, features) * frames)
        results[form], results[f"{form} distance"] = denoise.si_snr(found, clean), denoise.si_snr(found, floating)
        print(f"{form}: {results[form].mean():.3f} dB, float: {results['float'].mean():.3f} dB", flush=True)
    for form in options.forms:
        for target in options.targets:
            results[f"{form} {target}"] = stream(form, target, noisy, options.frames)
            print(f"{form} {target}: bit-exact", flush=True)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--forms", nargs="*", choices=FORMS, default=list(FORMS))
    parser.add_argument("--targets", nargs="*", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--mixtures", type=int, default=20, help="for each signal to noise ratio (default: 20)")
    parser.add_argument("--frames", type=int, default=500, help="of the stream on each target (default: 500)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    deliver(page(measure(options)), PAGE, parser)


if __name__ == "__main__":
    main()
