"""A character language model with its keys and values in a ring of 16, 8 or 4 bits: perplexity, RAM, instructions.

    python -m benchmarks.char_lm [--pieces N] [--steps N] [--targets T...]

Trains the model where that has not been done (six minutes), quantizes it, reads text that was held back, verifies it
token by token on the targets, and writes docs/benchmarks/char_lm.md.
"""

from __future__ import annotations

import argparse
import json
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

from .char_model import CONTEXT, DIM, HEADS, LAYERS, PIECE, ROOT, SECONDS, TOKENS, WEIGHTS, corpus, trained

PAGE = ROOT / "docs" / "benchmarks" / "char_lm.md"
RESULTS = WEIGHTS.parent / "char_lm.json"
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


def quantized(form: Form) -> Graph:
    """The integer network over the sequences that it was trained with."""
    text, _ = corpus()
    starts = np.random.default_rng(SEED).integers(len(text) - TOKENS, size=CALIBRATION)
    rows = np.stack([text[start : start + TOKENS] for start in starts])
    module = trained(form.bits, form.past_only)
    graph = bitwright.load(module, example_inputs=(torch.from_numpy(rows[:1].astype(np.int64)),))
    recipe = Recipe("char", "", Scheme(wide=form.wide), (Step("balance_cache", {}),) if form.balanced else ())
    return quantize(graph, calibration(graph, [rows]), recipe).integer


def scored(scores: Array, following: Array) -> tuple[float, float]:
    """Bits and share of right answers, from scores [tokens, characters] and what followed."""
    shifted = scores.astype(np.float64) - scores.max(axis=-1, keepdims=True)
    logarithms = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    bits = -logarithms[np.arange(len(following)), following].mean() / math.log(2)
    return float(bits), float((scores.argmax(axis=-1) == following).mean())


def reading(form: Form | None, pieces: int, length: int) -> dict[str, float]:
    """Bits a character and accuracy over held-back pieces, in float where there is no form."""
    texts = corpus()[1][:pieces, : length + 1]
    rows = []
    if form is None:
        model = trained()
        with torch.no_grad():
            for text in texts:
                rows.append(scored(model(torch.from_numpy(text[None, :-1].astype(np.int64)))[0].numpy(), text[1:]))
    else:
        session = Session(in_steps(quantized(form), length))
        target = session.graph.tensor(session.graph.outputs[0])
        for text in texts:
            session.reset()
            (levels,) = session.trace([text[None, :-1]]).outputs
            rows.append(scored((levels[0].astype(np.float64) - target.zero_point) * target.scale, text[1:]))
    bits, right = np.mean(rows, axis=0)
    return {"bits": float(bits), "right": float(right), "characters": len(texts) * length}


def cache(form: Form) -> dict[str, int]:
    """Bytes of the rings: elements, and scales with what else there is."""
    states = in_steps(quantized(form)).variables
    held = {name: value.initial.nbytes for name, value in states.items()}
    elements = sum(size for name, size in held.items() if name.endswith(("/keys", "/values")))
    return {"elements": elements, "rest": sum(held.values()) - elements}


def stepping(form: Form, target: str, steps: int) -> dict[str, Any]:
    """A text token by token on a target, and from the whole at once. Raises SystemExit where a bit differs."""
    network = quantized(form)
    one, text = in_steps(network), corpus()[1][0, :steps]
    inputs = [[token[None, None]] for token in text]
    with console.progress() as progress:
        report = bitwright.verify(one, target, inputs=inputs, progress=progress)
    if not report.bit_exact:
        raise SystemExit(f"{form.label} on {target}: {report.mismatches[:3]}")
    kind = one.tensor(one.outputs[0]).dtype.numpy
    answers = np.concatenate([np.frombuffer(answer[0], kind) for answer in report.outputs])
    (whole,) = Session(in_steps(network, steps)).trace([text[None]]).outputs
    if not np.array_equal(answers, whole.reshape(-1)):
        raise SystemExit(f"{form.label} on {target}: tokens one by one differ from the whole text")
    values = report.to_json()
    return {name: values[name] for name in ("vectors", "instructions", "macs", "ram", "flash")}


def perplexities(results: Results) -> list[str]:
    """The table of accuracy and RAM."""
    base = 2 ** results["kv16"]["bits"]
    lines = ["| ring | bits a character | perplexity | to 16 bits | next character | elements | scales, position |"]
    lines.append("|---|" + "--:|" * 6)
    for name in ("float", *FORMS):
        if name not in results:
            continue
        row = results[name]
        perplexity = 2 ** row["bits"]
        cells = [f"{row['bits']:.4f}", f"{perplexity:.3f}", f"{100 * (perplexity / base - 1):+.2f} %"]
        cells.append(f"{100 * row['right']:.2f} %")
        held = results.get(f"{name} cache")
        cells += ["", ""] if held is None else [console.number(held["elements"]), console.number(held["rest"])]
        lines.append(f"| {'float' if name == 'float' else FORMS[name].label} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def steps_table(results: Results) -> list[str]:
    """The table of targets."""
    lines = ["| ring | target | tokens, all bit-exact | instructions of a token | MACs | flash | RAM | of it state |"]
    lines.append("|---|---|" + "--:|" * 6)
    for name in FORMS:
        for target in TARGETS:
            row = results.get(f"{name} {target}")
            if row is None:
                continue
            ram, flash = row["ram"], row["flash"]
            values = [row["vectors"], row["instructions"], row["macs"]]
            known = target != "host"
            values += [sum(flash.values()), sum(ram.values()), ram["static"]] if known else [None] * 3
            cells = ["" if value is None else console.number(value) for value in values]
            lines.append(f"| {FORMS[name].label} | {target} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def page(results: Results) -> str:
    """docs/benchmarks/char_lm.md."""
    parameters = sum(parameter.numel() for parameter in trained().parameters())
    count = int(results["kv16"]["characters"])
    introduction = f"""# A character language model with a cache of keys and values

Regenerated by `python -m benchmarks.char_lm`, training included ({SECONDS // 60} minutes on one core). {LAYERS} blocks
of {DIM} with {HEADS} heads and ALiBi, {parameters:,} parameters; a token sees itself and the {CONTEXT} before it. It
learned from this project's documentation and sources, of which every tenth piece of {PIECE} characters was held back;
{count:,} characters of those are read here, each piece from an empty ring, by the integer reference.

Everything is int8 but for what the table says: with *attention int8* queries, keys and values are int8, too, else they
and attention's output are int16. *Present token, too*: it is rounded to the ring before it is used; else only the past
is ("Past-Only Quantization", WKVQuant, arXiv 2402.12065). Bytes are those of both rings of {CONTEXT} tokens.

"""
    lines = perplexities(results)
    lines += ["## Token by token", ""]
    lines += [
        "Each target takes a text a token at a time, around the ring more than once, every layer of every token",
        "compared with the reference, and all of it with the whole text at once. In emulation; nothing has run on",
        "hardware. Instructions are the mean of all tokens, from the empty ring on.",
        "",
        *steps_table(results),
    ]
    return introduction + "\n".join(lines)


def main() -> None:
    """Everything that is missing, then the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", type=int, default=24, help="of text to read")
    parser.add_argument("--length", type=int, default=512, help="characters of a piece")
    parser.add_argument("--steps", type=int, default=520, help="tokens on a target")
    parser.add_argument("--forms", nargs="*", default=list(FORMS), choices=list(FORMS))
    parser.add_argument("--targets", nargs="*", default=list(TARGETS), choices=TARGETS)
    arguments = parser.parse_args()
    trained()
    results: Results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    results["float"] = reading(None, arguments.pieces, arguments.length)
    for name in arguments.forms:
        form = FORMS[name]
        results[name] = reading(form, arguments.pieces, arguments.length)
        results[f"{name} cache"] = cache(form)
        print(name, results[name], flush=True)
        for target in arguments.targets if name in STEPPED else ():
            results[f"{name} {target}"] = stepping(form, target, arguments.steps)
            print(name, target, results[f"{name} {target}"]["instructions"], flush=True)
        RESULTS.write_text(json.dumps(results, indent=1))
    PAGE.write_text(page(results))
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
