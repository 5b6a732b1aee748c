"""Networks over sequences, one step at a time: their states kept, compared with the whole sequence at once."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import bitwright
import numpy as np
from bitwright import console
from bitwright.converter.ir import Array, Graph
from bitwright.converter.reference import Session, to_integers


def verified(graph: Graph, target: str, inputs: Iterable[list[Array]]) -> tuple[dict[str, Any], Array]:
    """Sizes and instructions on a target, and what it answered [vectors, values]. Raises SystemExit where a layer of
    any input differs from the reference."""
    begin = time.perf_counter()
    with console.progress() as progress:
        report = bitwright.verify(graph, target, inputs=list(inputs), progress=progress)
    if not report.bit_exact:
        raise SystemExit(f"{graph.name} on {target}: {len(report.mismatches)} differences: {report.mismatches[:3]}")
    values = report.to_json()
    kept = ("vectors", "instructions", "macs", "ram", "flash", "compiler", "emulator")
    kind = graph.tensor(graph.outputs[0]).dtype.numpy
    answers = np.stack([np.frombuffer(answer[0], kind) for answer in report.outputs])
    return {**{name: values[name] for name in kept}, "seconds": time.perf_counter() - begin}, answers


def streamed(graph: Graph, target: str, sequence: Array) -> dict[str, Any]:
    """The same of a network over a sequence, float [steps, values], a step at a time; the states never reset.

    Raises SystemExit where a layer of any step differs, or an answer from that of the whole sequence at once.
    """
    one = bitwright.in_steps(graph)
    inputs = [to_integers(one, [step[None, None]]) for step in sequence]
    row, answers = verified(one, target, inputs)
    whole = Session(bitwright.in_steps(graph, len(inputs))).trace(
        [np.concatenate([step for (step,) in inputs], axis=1)]
    )
    if not np.array_equal(answers, whole.outputs[0][0]):
        raise SystemExit(f"{graph.name} on {target}: the steps differ from the whole sequence")
    return row
