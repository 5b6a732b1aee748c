"""A character language model with its keys and values in a ring of 16, 8 or 4 bits: perplexity, RAM, instructions.

    python -m benchmarks.char_lm [--pieces N] [--steps N] [--targets T...]

Trains the model where that has not been done (half an hour), quantizes it, reads text that was held back, verifies it
token by token on the targets, and writes docs/benchmarks/char_lm.md; with options that ask for less, prints it.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from typing import Any

import bitwright
import numpy as np
import torch
from bitwright import console
from bitwright.converter.ir import Array, Graph
from bitwright.converter.quantize.annotate import Scheme
from bitwright.converter.quantize.calibration import calibration
from bitwright.converter.quantize.recipe import Recipe, Step, quantize
from bitwright.converter.reference import Session
from bitwright.converter.stepping import in_steps
from bitwright.targets.hardware import started
from bitwright.targets.image import built
from bitwright.targets.replay import Replay
from bitwright.targets.target import find_target
from bitwright.targets.verify import Report

from .char_model import BATCH, CONTEXT, DIM, HEADS, LAYERS, PIECE, ROOT, STEPS, TOKENS, CharModel, corpus, trained
from .pages import deliver, table

PAGE = ROOT / "docs" / "benchmarks" / "char_lm.md"
TARGETS = ("host", "mps2-an386", "qemu-rv32")
SEED, CALIBRATION = 3, 48
#: Nodes with int16 activations where the cache's input has 16 bits: attention and its three projections.
ATTENTION = ("*.attn", "*.attn.query", "*.attn.key", "*.attn.value")
Results = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """What the ring holds, whether the present token is rounded to it, what attention reads, and whether
    ``balance_cache`` came before."""

    label: str
    bits: int
    past_only: bool = True
    wide: tuple[str, ...] = ATTENTION
    balanced: bool = True


FORMS = {
    "kv16": Form("16 bits", 16),
    "kv8": Form("8 bits", 8),
    "kv4": Form("4 bits", 4),
    "kv4-plain": Form("4 bits, channels as they are", 4, balanced=False),
    "kv8-all": Form("8 bits, present token, too", 8, past_only=False),
    "kv4-all": Form("4 bits, present token, too", 4, past_only=False),
    "int8-kv8": Form("8 bits, attention int8", 8, wide=()),
    "int8-kv4": Form("4 bits, attention int8", 4, wide=()),
}
STEPPED = ("kv16", "kv8", "kv4", "int8-kv4")


def integers(module: CharModel, scheme: Scheme, steps: tuple[Step, ...] = ()) -> Graph:
    """The integer network over sequences of the length that it was trained with."""
    text, _ = corpus()
    starts = np.random.default_rng(SEED).integers(len(text) - TOKENS, size=CALIBRATION)
    rows = np.stack([text[start : start + TOKENS] for start in starts])
    graph = bitwright.load(module, example_inputs=(torch.from_numpy(rows[:1].astype(np.int64)),))
    return quantize(graph, calibration(graph, [rows]), Recipe("char", "", scheme, steps)).integer


def quantized(form: Form) -> Graph:
    """The integer network of a form."""
    steps = (Step("balance_cache", {}),) if form.balanced else ()
    return integers(trained(form.bits, form.past_only), Scheme(wide=form.wide), steps)


def scored(scores: Array, following: Array) -> tuple[float, float]:
    """Bits and share of right answers, from scores [tokens, characters] and what followed."""
    shifted = scores.astype(np.float64) - scores.max(axis=-1, keepdims=True)
    logarithms = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    bits = -logarithms[np.arange(len(following)), following].mean() / math.log(2)
    return float(bits), float((scores.argmax(axis=-1) == following).mean())


def held_back(pieces: int, length: int) -> Array:
    """Text to read [pieces, length + 1], evenly spread over what was held back."""
    held = corpus()[1]
    return held[np.linspace(0, len(held) - 1, pieces).astype(int), : length + 1]


def reading(network: Graph | None, texts: Array) -> dict[str, float]:
    """Bits a character and accuracy over texts, each from an empty ring; in float where there is no network."""
    length, rows = texts.shape[1] - 1, []
    if network is None:
        model = trained()
        with torch.no_grad():
            for text in texts:
                rows.append(scored(model(torch.from_numpy(text[None, :-1].astype(np.int64)))[0].numpy(), text[1:]))
    else:
        session = Session(in_steps(network, length))
        target = session.graph.tensor(session.graph.outputs[0])
        for text in texts:
            session.reset()
            (levels,) = session.trace([text[None, :-1]]).outputs
            rows.append(scored((levels[0].astype(np.float64) - target.zero_point) * target.scale, text[1:]))
    bits, right = np.mean(rows, axis=0)
    return {"bits": float(bits), "right": float(right)}


def cache(network: Graph) -> dict[str, int]:
    """Bytes of the rings: elements, and scales with what else there is."""
    held = {name: value.initial.nbytes for name, value in in_steps(network).variables.items()}
    elements = sum(size for name, size in held.items() if name.endswith(("/keys", "/values")))
    return {"elements": elements, "rest": sum(held.values()) - elements}


def proven(network: Graph, target: str, text: Array) -> Report:
    """A text a token at a time on a target. Raises SystemExit where a layer of any token differs."""
    with console.progress() as progress:
        report = bitwright.verify(network, target, inputs=[[token[None, None]] for token in text], progress=progress)
    if not report.bit_exact:
        raise SystemExit(f"{network.name} on {target}: {report.mismatches[:3]}")
    return report


def counted(network: Graph, target: str, text: Array) -> int | None:
    """Instructions of the last token of a text, given one after the other; None where the target counts none."""
    board = find_target(target)
    with built(network, board) as image, started(image, None) as link:
        replay = Replay(link, image.model, [[token[None, None]] for token in text])
        counts = [point.count for point in replay.run(len(text) - 1).points]
    return None if any(count is None for count in counts) else sum(count or 0 for count in counts)


def stepping(network: Graph, target: str, steps: int) -> dict[str, Any]:
    """A text token by token on a target, and from the whole at once. Raises SystemExit where a bit differs."""
    one, text = in_steps(network), corpus()[1].reshape(-1)
    report = proven(one, target, text[:steps])
    kind = one.tensor(one.outputs[0]).dtype.numpy
    answers = np.concatenate([np.frombuffer(answer[0], kind) for answer in report.outputs])
    (whole,) = Session(in_steps(network, steps)).trace([text[None, :steps]]).outputs
    if not np.array_equal(answers, whole.reshape(-1)):
        raise SystemExit(f"{target}: tokens one by one differ from the whole text")
    values = report.to_json()
    kept = {name: values[name] for name in ("vectors", "instructions", "macs", "ram", "flash")}
    return {**kept, "full": None if target == "host" else counted(one, target, text[: CONTEXT + 1])}


def perplexities(results: Results) -> list[str]:
    """The table of accuracy and RAM."""
    base = results["kv16"]["bits"]
    rows = []
    for name, label in {"float": "float", **{name: form.label for name, form in FORMS.items()}}.items():
        found, held = results[name], results.get(f"{name} cache")
        cells = [label, f"{found['bits']:.4f}", f"{2 ** found['bits']:.3f}"]
        cells += [f"{100 * (2 ** (found['bits'] - base) - 1):+.2f} %", f"{100 * found['right']:.2f} %"]
        rows.append(cells + [console.number(held[what]) if held else "" for what in ("elements", "rest")])
    headings = ["ring", "bits a character", "perplexity", "to 16 bits", "next character"]
    return table([*headings, "elements", "scales, position"], rows)


def steps_table(results: Results) -> list[str]:
    """The table of targets."""
    rows = []
    for name in STEPPED:
        for target in TARGETS:
            row = results[f"{name} {target}"]
            values = [row[what] for what in ("vectors", "instructions", "full", "macs")]
            if target != "host":
                values += [row["flash"]["total"], sum(row["ram"].values()), row["ram"]["static"]]
            else:
                values += [None] * 3
            rows.append(
                [FORMS[name].label, target, *("" if value is None else console.number(value) for value in values)]
            )
    headings = ["ring", "target", "tokens, all bit-exact", "instructions, ring empty", "ring full", "MACs"]
    return table([*headings, "flash", "RAM", "of it state"], rows, left=2)


def page(results: Results, characters: int) -> str:
    """docs/benchmarks/char_lm.md."""
    parameters = sum(parameter.numel() for parameter in trained().parameters())
    introduction = f"""# A character language model with a cache of keys and values

Regenerated by `python -m benchmarks.char_lm`, training included. {LAYERS} blocks of {DIM} with {HEADS} heads and ALiBi,
{parameters:,} parameters; a token sees itself and the {CONTEXT} before it. It learned from this project's documentation
and sources ({len(corpus()[0]):,} characters, {STEPS:,} steps of {BATCH} windows of {TOKENS}), of which every tenth
piece of {PIECE} characters was held back; {characters:,} characters of those are read here, each text from an empty
ring, by the integer reference.

Everything is int8 but for what the table says: with *attention int8* queries, keys and values are int8, too, else they
and attention's output are int16. *Present token, too*: it is rounded to the ring before it is used; else only the past
is ("Past-Only Quantization", WKVQuant, arXiv 2402.12065). Bytes are those of both rings of {CONTEXT} tokens.

"""
    lines = perplexities(results)
    lines += ["## Token by token", ""]
    lines += [
        "Each target takes a text a token at a time, beyond the end of the ring, every layer of every token",
        "compared with the reference, and all of it with the whole text at once. In emulation; nothing has run on",
        "hardware. Instructions are of one token, the first of the text and one behind as many as the ring holds.",
        "",
        *steps_table(results),
    ]
    return introduction + "\n".join(lines)


def measure(names: list[str], targets: list[str], texts: Array, steps: int) -> Results:
    """Every form read, and those that are stepped on the targets."""
    results: Results = {"float": reading(None, texts)}
    for name in names:
        network = quantized(FORMS[name])
        results[name] = reading(network, texts)
        results[f"{name} cache"] = cache(network)
        print(name, results[name], flush=True)
        for target in targets if name in STEPPED else ():
            results[f"{name} {target}"] = stepping(network, target, steps)
            print(name, target, results[f"{name} {target}"]["instructions"], flush=True)
    return results


def main() -> None:
    """The page; what is a part of it is printed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", type=int, default=48, help="of text to read")
    parser.add_argument("--length", type=int, default=512, help="characters of a piece")
    parser.add_argument("--steps", type=int, default=200, help="tokens on a target")
    parser.add_argument("--forms", nargs="*", default=list(FORMS), choices=list(FORMS))
    parser.add_argument("--targets", nargs="*", default=list(TARGETS), choices=TARGETS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    trained()
    texts = held_back(arguments.pieces, arguments.length)
    results = measure(arguments.forms, arguments.targets, texts, arguments.steps)
    deliver(page(results, texts.size - len(texts)), PAGE, parser)


if __name__ == "__main__":
    main()
