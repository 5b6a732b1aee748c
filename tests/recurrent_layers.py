"""Graphs of one recurrent layer in every form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from bitwright.converter.ir import DType, Graph, Node, Quantization, Tensor, Variable, check
from bitwright.converter.ops.lengths import LENGTHS
from bitwright.converter.ops.recurrent import GATES, parts_of
from hypothesis import strategies as st
from single import activation, constant


@dataclass(frozen=True)
class Form:
    """What a layer has; ``wide``: int16 input and output; ``initial``, ``last``: states that come
    in and go out; ``gain``: how far its weights drive the gates; ``hidden``: values of a projection, 0: without,
    in units of 2^(shift - 15), as those of an RNN with relu; ``narrow``: a state of int8; ``lengths``: of
    the sequences, at run time."""

    kind: str = "GRU"
    batch: int = 1
    steps: int = 4
    inputs: int = 5
    cells: int = 6
    time_major: bool = False
    reverse: bool = False
    reset_after: bool = True
    stateful: bool = False
    biased: bool = True
    wide: tuple[bool, bool] = (False, False)
    per_channel: bool = True
    initial: tuple[bool, bool] = (False, False)
    last: int = 0
    gain: float = 1.0
    hidden: int = 0
    shift: int = 0
    relu: bool = False
    narrow: bool = False
    lengths: bool = False

    def valid(self) -> Form:
        """Less what does not go together: a state that is kept is neither given nor read, nor run backward."""
        relu = self.relu and self.kind == "RNN"
        hidden = self.hidden if self.kind == "LSTM" else 0
        return replace(self, relu=relu, hidden=hidden, shift=self.shift if hidden or relu else 0)._valid()

    def _valid(self) -> Form:
        if self.stateful:
            return replace(self, reverse=False, initial=(False, False), last=0, lengths=False)
        lstm = self.kind == "LSTM"
        return replace(self, initial=(self.initial[0], self.initial[1] and lstm), last=min(self.last, 1 + lstm))

    @property
    def widths(self) -> tuple[int, ...]:
        """Of hidden values and of cells, if any."""
        return (self.hidden or self.cells, self.cells)[: parts_of(self.kind)]

    @property
    def units(self) -> tuple[float, float]:
        """The same of their scales: 2^-15 or its multiple and 2^-11, of int8 2^-7 and 2^-4."""
        unit = 2.0 ** (self.shift - 15 if self.hidden or self.relu else -15)
        return (unit * 256, 2.0**-4) if self.narrow else (unit, 2.0**-11)

    @property
    def state(self) -> DType:
        return DType.INT8 if self.narrow else DType.INT16


forms = st.builds(
    Form,
    kind=st.sampled_from(list(GATES)),
    batch=st.integers(1, 3),
    steps=st.integers(1, 6),
    inputs=st.integers(1, 9),
    cells=st.integers(1, 9),
    time_major=st.booleans(),
    reverse=st.booleans(),
    reset_after=st.booleans(),
    stateful=st.booleans(),
    biased=st.booleans(),
    wide=st.tuples(st.booleans(), st.booleans()),
    per_channel=st.booleans(),
    initial=st.tuples(st.booleans(), st.booleans()),
    last=st.integers(0, 2),
    gain=st.sampled_from([0.3, 1.0, 8.0, 100.0]),
    hidden=st.sampled_from([0, 0, 1, 4, 5, 9, 18]),
    shift=st.integers(-3, 5),
    relu=st.booleans(),
    narrow=st.booleans(),
    lengths=st.booleans(),
).map(Form.valid)

INPUT_SCALE = float(np.float32(0.02))


def layer(form: Form, seed: int, zero_point: int = 3, output: tuple[float, int] = (1 / 128, 0)) -> Graph:
    """A graph of one recurrent layer with random weights, whose real values are ``gain / sqrt(taps)`` at most."""
    rng = np.random.default_rng(seed)
    rows = GATES[form.kind] * form.cells
    names: list[str | None] = ["x"]
    leading = (form.steps, form.batch) if form.time_major else (form.batch, form.steps)
    tensors = {
        "x": activation("x", (*leading, form.inputs), *edge(form.wide[0], INPUT_SCALE, zero_point)),
        "y": activation("y", (*leading, form.widths[0]), *edge(form.wide[1], *output)),
    }
    factors = []
    for name, taps, factor in (("w", form.inputs, tensors["x"].scale), ("r", form.widths[0], form.units[0])):
        values = rng.integers(-127, 128, (rows, taps)).astype(np.int8)
        scales = rng.uniform(0.5, 1, rows if form.per_channel else 1) * form.gain / np.sqrt(taps) / 127
        axis = 0 if form.per_channel and rows > 1 else None
        tensors[name] = constant(name, values, scales.tolist(), axis=axis)
        factors.append(scales * factor)
        names.append(name)
    for name, factor in zip("bd" if form.biased else "", factors, strict=form.biased):
        values = np.rint(rng.uniform(-1, 1, rows) * form.gain / factor).clip(-(2**30), 2**30)
        tensors[name] = constant(name, values.astype(np.int32), np.broadcast_to(factor, rows).tolist(), axis=0)
        names.append(name)
    names += [None] * (5 - len(names))
    for name, comes, scale in zip("hc", form.initial, form.units, strict=True):
        names.append(name if comes else None)
        if comes:
            tensors[name] = activation(name, (form.batch, form.widths["hc".index(name)]), scale, dtype=form.state)
    if form.hidden:
        names.append("p")
        values = rng.integers(-127, 128, (form.hidden, form.cells)).astype(np.int8)
        # Real values of 1 at most on row sums of cells / 2: gain drives them beyond the grid, too.
        scale = rng.uniform(0.5, 1, form.hidden if form.per_channel else 1) * min(form.gain, 8) * 2.0**form.shift
        axis = 0 if form.per_channel and form.hidden > 1 else None
        tensors["p"] = constant("p", values, (scale / np.sqrt(form.cells) / 127).tolist(), axis=axis)
    if form.lengths:
        names += [None] * (LENGTHS - len(names)) + ["n"]
        tensors["n"] = Tensor("n", (form.batch,), DType.INT32)
    outputs = ("y", "hn", "cn")[: 1 + form.last]
    for name, scale, width in zip(outputs[1:], form.units, form.widths, strict=False):
        tensors[name] = activation(name, (form.batch, width), scale, dtype=form.state)
    attrs: dict[str, Any] = {key: getattr(form, key) for key in ("time_major", "reverse", "reset_after")}
    if form.hidden or form.relu:
        attrs["hidden_shift"] = form.shift
    for flag in ("relu", "narrow"):
        if getattr(form, flag):
            attrs[flag] = True
    states = {}
    if form.stateful:
        attrs["states"] = ("s",)
        shape = (form.batch, sum(form.widths))
        low, high = form.state.limits
        initial = rng.integers(low, high + 1, shape, form.state.numpy)
        states["s"] = Variable("s", initial, Quantization((form.units[0],), (0,)))
    while len(names) > 3 and names[-1] is None:
        names.pop()
    node = Node("node", form.kind, tuple(names), outputs, attrs)
    inputs = tuple(name for name in names if name in ("h", "c", "n"))
    return check(Graph("model", tensors, (node,), ("x", *inputs), outputs, states))


def edge(wide: bool, scale: float, zero_point: int) -> tuple[float, int, DType]:
    """The same range in steps 256 times finer where it is int16."""
    return (scale / 256, zero_point * 256, DType.INT16) if wide else (scale, zero_point, DType.INT8)
