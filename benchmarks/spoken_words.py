"""Spoken words in integers: accuracy of an LSTM, a GRU and a transformer beside float, exactness and cost on targets.

    python -m benchmarks.spoken_words [--networks N...] [--forms F...] [--targets T...] [--emulated N]

Trains what has not been trained (minutes), quantizes each fold's network, runs the integers on the fold's recordings,
verifies the first fold's on every target, and writes docs/benchmarks/spoken_words.md; with options, prints what they
asked for. Recordings are read from ../shared/data, which the project does not ship.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import bitwright
import numpy as np
import torch
from bitwright import console
from bitwright.converter.quantize.calibration import Calibration, calibration
from bitwright.converter.quantize.judge import integer_outputs
from bitwright.converter.quantize.recipe import Switched, find_recipe, quantize, switch
from bitwright.converter.reference import to_integers

from .pages import deliver
from .speech import data
from .speech.networks import FRAMES, NETWORKS, VALUES
from .speech.steps import verified
from .speech.train import VARIANTS, answers, learn, trained

PAGE = data.ROOT / "docs" / "benchmarks" / "spoken_words.md"
TARGETS = ("host", "mps2-an386", "mps3-an547", "qemu-rv32")
#: Form -> (what the table calls it, the recipe).
FORMS = {
    "int8": ("int8, `minmax`", "minmax"),
    "int8-best": ("int8, `second-order`", "second-order"),
    "int8-state": ("int8, states of int8 too", "minmax"),
    "wide": ("int16 activations, `wide`", "wide"),
    "wide-best": ("int16 activations, `wide-smoothed`", "wide-smoothed"),
}
COSTS = ("recordings, all bit-exact", "instructions", "MACs", "arena", "stack", "code", "constants")
NARROW = "int8-state"  # of recurrent networks alone
VERIFIED = ("int8", NARROW, "wide")  # other recipes change weights only
CALIBRATION = 100  # recordings, of those that the network learned from
Results = dict[str, Any]


def quantized(name: str, fold: int, form: str, frames: data.Float32, folds: data.Labels) -> bitwright.Graph:
    """A fold's network in integers, calibrated on recordings that it learned from."""
    graph = bitwright.load(trained(name, fold), example_inputs=(torch.zeros(1, FRAMES, VALUES),))
    known = np.flatnonzero(folds != fold)
    chosen = np.random.default_rng(fold).choice(known, CALIBRATION, replace=False)
    recipe = switch(find_recipe(FORMS[form][1]), Switched(int8_state=("*",) if form == NARROW else ()))
    return quantize(graph, calibration(graph, [frames[chosen]]), recipe).integer


def has(name: str, form: str) -> bool:
    """Whether a network can have a form."""
    return form != NARROW or name != "transformer"


def decided(name: str, form: str, frames: data.Float32, folds: data.Labels) -> data.Labels:
    """The class of every recording, each by the network that has not learned from it; ``float`` is a form too."""
    found = np.zeros(len(folds), np.int64)
    for fold in range(data.FOLDS):
        heard = folds == fold
        if form == "float":
            found[heard] = answers(trained(name, fold), frames[heard])
        else:
            graph = quantized(name, fold, form, frames, folds)
            (scores,) = integer_outputs(graph, Calibration((frames[heard],)))
            found[heard] = scores.reshape(int(heard.sum()), -1).argmax(axis=1)
    return found


def accuracies(results: Mapping[str, Any], labels: data.Labels) -> list[str]:
    """The table of accuracies."""
    lines = ["| network | parameters | form | right | accuracy | points lost | same answer as float |"]
    lines.append("|---|--:|---|--:|--:|--:|--:|")
    for name in NETWORKS:
        if f"{name} float" not in results:
            continue
        floating = np.array(results[f"{name} float"])
        right = int(np.sum(floating == labels))
        size = sum(weights.numel() for weights in NETWORKS[name]().parameters())
        lines.append(f"| {name} | {size:,} | float | {right} | {right / len(labels):.2%} | | |")
        for form, (label, _) in FORMS.items():
            if f"{name} {form}" in results:
                found = np.array(results[f"{name} {form}"])
                now, same = int(np.sum(found == labels)), float(np.mean(found == floating))
                lost = 100 * (right - now) / len(labels)
                lines.append(f"| | | {label} | {now} | {now / len(labels):.2%} | {lost:+.2f} | {same:.2%} |")
    return [*lines, ""]


def costs(results: Mapping[str, Any]) -> list[str]:
    """The table of targets."""
    lines = ["| network | form | target | " + " | ".join(COSTS) + " |", "|---|---|---|" + "--:|" * len(COSTS)]
    for name in NETWORKS:
        for form, (label, _) in FORMS.items():
            for target in TARGETS:
                row = results.get(f"{name} {form} {target}")
                if row is not None:
                    ram, flash = row["ram"], row["flash"]
                    values = [row["vectors"], row["instructions"], row["macs"], ram["arena"], ram["stack"]]
                    values += [flash["code"], flash["constants"]]
                    cells = ["" if value is None else console.number(value) for value in values]
                    lines.append("| " + " | ".join([name, label, target, *cells]) + " |")
    return [*lines, ""]


INTRODUCTION = """# Spoken words: recurrent networks and a transformer in integers

Regenerated by `python -m benchmarks.spoken_words`, training included. The {count} recordings of Speech Commands (12
classes) here are all there is to learn from and to test on: each network is trained {folds} times, each time on four
fifths of them (in {variants} variants each: other speeds, moved, with noise; frames and channels masked, samples
mixed), and tested on the last fifth, so that every recording is tested once, by a network that has not heard it. The
accuracy is far below what the whole data set of 85,000 recordings gives; what counts here is the distance to float. One
recording is {point:.2f} points. {calibration} of the recordings that a network learned from calibrate it.

Inputs are 49 frames of 40 log-mel values (30 ms every 20 ms). LSTM and GRU have one layer of 96 cells and a dense layer
on the mean over time; the transformer has 24 tokens of two frames, three encoder layers of width 64 with two heads.

## Accuracy

"""
MIDDLE = """*States of int8 too*: hidden values and, of the LSTM, cells are int8 from step to step (`--int8-state`); in
all other forms they are int16. `int16 activations`: weights of int8, and int16 wherever an operator offers it. A loss
below zero is chance: some answers change either way, and the last column tells how many.

## On the targets

The first fold's networks; every layer of every recording is compared with the reference. All of it ran on the host and
in emulation, nothing on hardware. Instructions are of one inference, exact, not cycles; bytes are of the ELF without
the test harness. A run a frame at a time: [a stream of thousands of steps](stateful.md).

"""


def page(results: Mapping[str, Any], labels: data.Labels) -> str:
    """The whole page."""
    head = INTRODUCTION.format(
        count=len(labels), folds=data.FOLDS, variants=VARIANTS, point=100 / len(labels), calibration=CALIBRATION
    )
    versions = sorted({row["compiler"] for row in results.values() if isinstance(row, dict) and row["compiler"]})
    lines = [head + "\n".join(accuracies(results, labels)), MIDDLE + "\n".join(costs(results))]
    lines.append(f"Compilers: {', '.join(versions)}; torch {torch.__version__}.")
    return "\n".join(lines) + "\n"


def measure(options: argparse.Namespace) -> tuple[Results, data.Labels]:
    """Answers of every form over all recordings, and the first fold's networks on every target."""
    samples, labels = data.recordings()
    folds, frames = data.fold_of(labels), data.log_mel(samples)
    results: Results = {}
    for name in options.networks:
        # Whatever was asked for is judged beside float.
        for form in dict.fromkeys(["float", *(form for form in options.forms if has(name, form))]):
            found = decided(name, form, frames, folds)
            print(f"{name} {form}: {int(np.sum(found == labels))} of {len(labels)}", flush=True)
            results[f"{name} {form}"] = found
    heard = frames[np.argsort(folds, kind="stable")[: options.emulated]]
    for name in options.networks:
        for form in (form for form in options.forms if form in VERIFIED and has(name, form)):
            graph = quantized(name, 0, form, frames, folds)
            for target in options.targets:
                row, _ = verified(graph, target, [to_integers(graph, [one[None]]) for one in heard])
                print(f"{name} {form} {target}: {row['vectors']} bit-exact, {row['seconds']:.0f} s", flush=True)
                results[f"{name} {form} {target}"] = row
    return results, labels


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--networks", nargs="*", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--forms", nargs="*", choices=["float", *FORMS], default=["float", *FORMS])
    parser.add_argument("--targets", nargs="*", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--emulated", type=int, default=200, help="recordings for each target (default: 200)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    learn(options.networks, range(data.FOLDS), again=False)
    deliver(page(*measure(options)), PAGE, parser)


if __name__ == "__main__":
    main()
