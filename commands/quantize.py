"""``bitwright quantize``: a float model and data to a quantized model file, and what that cost."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from .. import api, console
from ..converter.native import write_native
from ..converter.quantize.data import ImageScale
from ..converter.quantize.judge import Judgement
from ..converter.quantize.recipe import Switched, recipe_names
from ..converter.quantize.run import CALIBRATION_SAMPLES, Result, quantize_model
from ..errors import InputError
from . import states
from .output import check_writable


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The command's options."""
    command.add_argument("model", type=Path, metavar="MODEL", help="a float model: .onnx, .pt2 or .tflite")
    command.add_argument(
        "--calibration",
        type=Path,
        required=True,
        metavar="D",
        help="samples: .npy, .npz (in0 or x, labels), or a folder of images or wav files",
    )
    command.add_argument("--eval", type=Path, metavar="E", help="samples to judge on, with labels where there are any")
    command.add_argument(
        "--recipe", default="auto", metavar="R", help=f"auto (default), {', '.join(recipe_names())}, or a .toml file"
    )
    command.add_argument("--max-drop", type=float, default=0.5, metavar="P", help="points that auto may lose (0.5)")
    command.add_argument(
        "--samples", type=int, default=CALIBRATION_SAMPLES, metavar="N", help="calibration samples at most (500)"
    )
    for name, what in (
        ("f32", "layers by name that compute in float32, on cores with an FPU"),
        ("f16", "layers by name that compute in float16, on a Cortex-M55"),
        ("int8-state", "GRU, LSTM and RNN layers by name that keep their states in int8"),
    ):
        command.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar="PATTERN",
            help=f"{what}; may be given several times",
        )
    command.add_argument("--mean", type=_numbers, default=(0.0,), metavar="M[,M,M]", help="of images, pixels in 0..1")
    command.add_argument("--std", type=_numbers, default=(1.0,), metavar="S[,S,S]", help="of images")
    states.add_arguments(command)
    command.add_argument("-o", "--output", type=Path, metavar="Q.bwq", help="file to write (default: MODEL.bwq)")
    command.add_argument("--json", type=Path, metavar="FILE", help="write what it cost as JSON ('-': standard output)")


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


def run(options: argparse.Namespace) -> int:
    """Run the command; 1 where the budget of ``auto`` was missed."""
    if options.samples < 1:
        raise InputError("--samples must be at least 1")
    graph = api.load(options.model)
    output = options.output or options.model.with_suffix(".bwq")
    if output.suffix != ".bwq":
        raise InputError(f"'{output}': quantized models are written as .bwq (`bitwright export` writes .tflite)")
    check_writable(output, options.json)
    scale = ImageScale(options.mean, options.std)
    with console.status() as say:
        result = quantize_model(
            graph,
            options.calibration,
            options.eval,
            options.recipe,
            options.max_drop,
            options.samples,
            scale,
            say,
            switched=Switched(tuple(options.f32), tuple(options.f16), tuple(options.int8_state)),
            stateful=states.kept(options),
        )
    report, network = result.to_json(), states.in_steps(options, result.graph)
    output.write_bytes(write_native(replace(network, digest=graph.digest), report))
    if options.json is not None and str(options.json) == "-":
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
    else:
        _show(result)
        console.out.print(f"Wrote {output}", soft_wrap=True)
        console.out.print(f"Next: bitwright verify {output} --target mps2-an386", style="dim", soft_wrap=True)
        if options.json is not None:
            options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0 if options.recipe != "auto" or result.within_budget else 1


def _show(result: Result) -> None:
    judgement = result.judgement
    worst = judgement.worst_layers()
    console.out.print(
        console.table(
            ["layers that lose most", "operator", "type", "SQNR dB", "own SQNR dB"],
            [[x.name, x.op, x.dtype, f"{x.sqnr:.1f}", f"{x.own:.1f}"] for x in worst],
            right=(3, 4),
        )
    )
    console.out.print()
    if len(result.attempts) > 1:
        tried = ", ".join(f"{attempt.recipe} {attempt.loss:.2f}" for attempt in result.attempts)
        console.out.print(f"Tried (loss in {_unit(judgement)}): {tried}")
    if judgement.accuracy_float is not None and judgement.accuracy_integer is not None:
        console.out.print(
            f"Accuracy over {judgement.samples} samples: float {judgement.accuracy_float:.2%}, "
            f"integer {judgement.accuracy_integer:.2%} (drop {judgement.drop:.2f} points)"
        )
    console.out.print(
        f"Output against float: SQNR {judgement.sqnr:.1f} dB, same answer on {judgement.agreement:.2%} "
        f"of {judgement.samples} samples"
    )
    if result.evaluated_on_calibration:
        console.out.print("Judged on the calibration samples; give --eval for an honest figure", style="yellow")
    console.out.print(
        f"Recipe {result.quantized.recipe.name}, {result.calibration_samples} calibration samples, "
        f"{result.seconds:.1f} s"
    )
    if not result.within_budget:
        console.out.print(
            f"The loss of {judgement.loss:.2f} {_unit(judgement)} is beyond --max-drop {result.max_drop}",
            style="bold red",
        )
        console.out.print(f"What helps: {_advice(result)}")


def _unit(judgement: Judgement) -> str:
    return "points" if judgement.drop is not None else "% of noise"


def _advice(result: Result) -> str:
    """What to do when the loss is too large."""
    names = ", ".join(f'"{layer.name}"' for layer in result.judgement.worst_layers(2))
    if result.quantized.recipe.scheme.wide != ("*",):
        return f"give the worst layers 16-bit activations in a recipe of your own: [scheme] wide = [{names}]"
    return "more calibration samples that look like real input, or training with quantization in the loop"
