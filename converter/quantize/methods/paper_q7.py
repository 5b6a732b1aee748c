"""Capsule layers in the power-of-two arithmetic of Costa et al., 2021 (arXiv 2110.02911): formats from calibration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ....errors import InputError
from ...float_reference import run_float
from ...ir import Array, Graph, Node, check
from ...ops.capsule import float_predictions, float_routing
from ...ops.capsule_q7 import fraction_bits
from ...ops.capsule_sizes import iterations
from ..calibration import Calibration

_CAPSULES = ("SQUASH", "CAPSULE_ROUTING", "CAPSULE_LENGTH")
#: A format's bits of fraction: 7 where nothing was seen; int8 rounds up to 128, which saturates.
_NOTHING, _REACH, _MOST_BITS = 7, 128.5, 24
LOGITS = ("published", "aligned")


@dataclass
class _Seen:
    """The largest magnitudes inside one layer, and per iteration."""

    predictions: float = 0.0
    inner: dict[str, list[float]] = field(default_factory=dict)

    def update(self, source: Array, weights: Array, count: int) -> None:
        """Add a batch of the layer's inputs."""
        predictions = float_predictions(source, weights)
        self.predictions = max(self.predictions, _largest(predictions))
        for number, step in enumerate(float_routing(predictions, count)):
            self._see("sums", number, step.sums)
            self._see("squashed", number, step.outputs)
            if step.agreements is not None:
                self._see("agreements", number, step.agreements)
                self._see("logits", number, step.logits)

    def _see(self, name: str, number: int, values: Array) -> None:
        seen = self.inner.setdefault(name, [])
        if number == len(seen):
            seen.append(0.0)
        seen[number] = max(seen[number], _largest(values))

    def formats(self, count: int) -> dict[str, Any]:
        """Bits of fraction by attribute."""
        inner = {name: tuple(map(bits_for, self.inner.get(name, ()))) for name in ("sums", "squashed")}
        for name in ("agreements", "logits"):
            inner[name] = tuple(map(bits_for, self.inner.get(name, ())))[: count - 1]
        return {"predictions": bits_for(self.predictions), **inner}


def _largest(values: Array) -> float:
    return float(np.abs(values).max(initial=0.0))


def bits_for(reach: float) -> int:
    """n of Qm.n for values up to a magnitude: the most for which ``round(reach 2^n) <= 128``, from 0 to 24."""
    if reach <= 0:
        return _NOTHING
    return min(max(math.floor(math.log2(_REACH / reach)), 0), _MOST_BITS)


def paper_q7(
    graph: Graph, calibration: Calibration, *, floating: Graph | None = None, logits: str = "published"
) -> Graph:
    """The graph with its capsules in ``paper_q7``, in the formats that the calibration data asks for.

    Args:
        graph: annotated, symmetric and with power-of-two scales, as the recipe ``paper-q7`` makes it.
        floating: the float network.
        logits: ``published``: the addends of the logits are shifted as the published tool shifts them; ``aligned``:
            they are brought to one format first.

    Raises:
        InputError: an unknown value of ``logits``. UnsupportedError: a scale is no power of two.
    """
    if logits not in LOGITS:
        raise InputError(f"method 'paper_q7': logits must be {' or '.join(LOGITS)}, not {logits!r}")
    source = graph if floating is None else floating
    seen = _observed(source, calibration)
    tensors, nodes = dict(graph.tensors), []
    for node in graph.nodes:
        if node.op in _CAPSULES:
            attrs: dict[str, Any] = {**node.attrs, "arithmetic": "paper_q7"}
            target = tensors[node.outputs[0]]
            if node.op == "CAPSULE_ROUTING":
                attrs |= seen[node.name].formats(iterations(node))
                last = fraction_bits(node, target)
                attrs |= {"squashed": (*attrs["squashed"][:-1], last), "aligned": logits == "aligned"}
            if node.op == "CAPSULE_LENGTH":
                tensors[target.name] = replace(target, quant=tensors[str(node.inputs[0])].quant)
            node = replace(node, attrs=attrs)
        nodes.append(node)
    return check(replace(graph, tensors=tensors, nodes=tuple(nodes)))


def _observed(graph: Graph, calibration: Calibration) -> Mapping[str, _Seen]:
    """What every CAPSULE_ROUTING sees, by node."""
    layers: dict[str, list[Node]] = {}
    for node in graph.nodes:
        if node.op == "CAPSULE_ROUTING":
            layers.setdefault(str(node.inputs[0]), []).append(node)
    seen = {node.name: _Seen() for nodes in layers.values() for node in nodes}

    def visit(name: str, value: Array) -> None:
        for node in layers.get(name, ()):
            seen[node.name].update(value, graph.input(node, 1).value(), iterations(node))

    if layers:
        for batch in calibration.batches():
            run_float(graph, batch, visit)
    return seen
