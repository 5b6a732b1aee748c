"""State that a network keeps from one inference to the next: brought out as inputs and outputs, and put back inside.

Outside, a network is a function of its inputs and its states: in that form it is calibrated and quantized. Inside, its
integers are what firmware steps through a stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError, ModelError
from .fixedpoint import affine_quantize
from .ir import FLOAT_PREFIX, Array, Graph, Node, Tensor, Variable, check
from .ops import OPERATORS
from .ops.floating.arithmetic import rounded
from .ops.operator import State
from .ops.recurrent import GATES, INITIAL, parts_of, sizes, state_widths


@dataclass(frozen=True, eq=False)
class Outside:
    """A network whose states are inputs and outputs of its graph.

    Attributes:
        pairs: state input -> the output that is its next value.
        outputs: those of the network as it will be with its states inside.
        initial: real first values of the states that do not start from zeros.
    """

    graph: Graph
    pairs: Mapping[str, str]
    outputs: tuple[str, ...]
    initial: Mapping[str, Array]

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs that are no states."""
        return tuple(name for name in self.graph.inputs if name not in self.pairs)

    def first(self, name: str) -> Array:
        """A state's first value, float32 in the tensor's shape."""
        shape = self.graph.tensor(name).shape
        return np.asarray(self.initial.get(name, np.zeros(shape)), np.float32).reshape(shape)

    def quantized(self, graph: Graph) -> Outside:
        """The same of the integer graph that this one became; outputs that leave layers in float have other names."""
        names = dict(zip(self.graph.outputs, graph.outputs, strict=True))
        pairs = {source: names[target] for source, target in self.pairs.items()}
        return Outside(graph, pairs, tuple(names[name] for name in self.outputs), self.initial)


def states_outside(graph: Graph, pairs: Mapping[str, str] | None = None) -> Outside:
    """The graph with the states of its recurrent layers outside; of one that has states outside, these alone.

    Args:
        graph: float or integer.
        pairs: state input -> output with its next value, where the network has some as inputs and outputs.

    Raises:
        InputError: there is no such input or output, or it has another shape; there is no layer that could keep a
            state, or one runs backward.
    """
    if not pairs:
        return _layers_outside(graph)
    for source, target in pairs.items():
        if source not in graph.inputs or target not in graph.outputs:
            raise InputError(
                f"state '{source}={target}': the network has the inputs {', '.join(graph.inputs)} and the outputs "
                f"{', '.join(graph.outputs)}; a state is one of each"
            )
        shapes = [list(graph.tensor(name).shape) for name in (source, target)]
        if shapes[0] != shapes[1]:
            raise InputError(f"state '{source}={target}': the shapes {shapes[0]} and {shapes[1]} differ")
    if len(set(pairs.values())) < len(pairs):
        raise InputError("two states have the same output")
    if len(pairs) == len(graph.inputs):
        raise InputError("all inputs of the network are states; one must be its input")
    others = tuple(name for name in graph.outputs if name not in pairs.values())
    return Outside(graph, dict(pairs), others or graph.outputs[:1], {})


def states_inside(outside: Outside) -> Graph:
    """The integer graph that keeps its states: recurrent layers their own, all others as variables.

    Raises:
        ModelError: a state and its next value are of different types.
    """
    outside = _in_own_types(outside)
    graph, pairs = outside.graph, outside.pairs
    variables, nodes, kept = dict(graph.variables), [], set[str]()
    for node in graph.nodes:
        own = _own(outside, node)
        if own:
            variable = f"{node.name}/state"
            parts = [_levels(outside, name).reshape(sizes(graph, node.plain)[0], -1) for name in own]
            variables[variable] = Variable(variable, np.concatenate(parts, axis=1))
            rest = tuple(None if name in own else name for name in node.inputs)
            while rest[-1] is None:
                rest = rest[:-1]
            node = replace(node, inputs=rest, outputs=node.outputs[:1], attrs={**node.attrs, "states": (variable,)})
            kept.update(own)
        nodes.append(node)
    reads, writes, tensors = [], [], dict(graph.tensors)
    for source, target in pairs.items():
        if source in kept:
            continue
        before, after = graph.tensor(source), graph.tensor(target)
        if before.dtype is not after.dtype:
            raise ModelError(f"state '{source}={target}': {before.dtype.value} and {after.dtype.value} differ")
        variables[source] = Variable(source, _levels(outside, source), before.quant)
        prefix = FLOAT_PREFIX if before.dtype.is_float else ""
        reads.append(Node(f"{source}:read", f"{prefix}READ_VARIABLE", (), (source,), {"variable": source}))
        if before.quant != after.quant:
            tensors[f"{target}:next"] = replace(before, name=f"{target}:next")
            writes.append(Node(f"{target}:quantize", "QUANTIZE", (target,), (f"{target}:next",)))
            target = f"{target}:next"
        writes.append(Node(f"{source}:write", f"{prefix}ASSIGN_VARIABLE", (target,), (), {"variable": source}))
    used = {name for node in (*reads, *nodes, *writes) for name in (*node.inputs, *node.outputs)}
    used |= {*outside.inputs, *outside.outputs}
    return check(
        replace(
            graph,
            tensors={name: tensor for name, tensor in tensors.items() if name in used},
            nodes=(*reads, *nodes, *writes),
            inputs=outside.inputs,
            outputs=outside.outputs,
            variables=variables,
            edges={name: e for name, e in graph.edges.items() if name in (*outside.inputs, *outside.outputs)},
        )
    )


def _in_own_types(outside: Outside) -> Outside:
    """The same where states that layers in float take and give are what these compute with: outside they are integers,
    inside nothing rounds them."""
    graph, writers = outside.graph, outside.graph.producers()
    nodes, renamed = list(graph.nodes), dict[str, str]()
    pairs = dict(outside.pairs)
    for source, target in outside.pairs.items():
        readers = [node for node in graph.nodes if source in node.inputs]
        into, out = readers[0] if len(readers) == 1 else None, writers.get(target)
        if into is None or out is None or (into.op, out.op) != ("FLOAT_DEQUANTIZE", "FLOAT_QUANTIZE"):
            continue
        if graph.output(into).dtype is not graph.input(out, 0).dtype:
            continue
        renamed[source] = into.outputs[0]
        nodes.remove(into)
        if target not in outside.outputs and all(target not in node.inputs for node in graph.nodes):
            nodes.remove(out)
        del pairs[source]
        pairs[into.outputs[0]] = str(out.inputs[0])
    inputs = tuple(renamed.get(name, name) for name in graph.inputs)
    initial = {renamed.get(name, name): value for name, value in outside.initial.items()}
    return replace(outside, graph=replace(graph, nodes=tuple(nodes), inputs=inputs), pairs=pairs, initial=initial)


def with_kept_states(graph: Graph, pairs: Mapping[str, str] | None = None) -> Graph:
    """The integer graph that keeps its states from one inference to the next, see :func:`states_outside`."""
    return states_inside(states_outside(graph, pairs))


def _layers_outside(graph: Graph) -> Outside:
    tensors, nodes, pairs = dict(graph.tensors), [], dict[str, str]()
    initial: dict[str, Array] = {}
    for node in graph.nodes:
        if node.plain.op not in GATES or node.states or _is_given(graph, node):
            nodes.append(node)
            continue
        if node.attrs.get("reverse"):
            raise InputError(f"{node.name} ({node.op}): it runs from the last step to the first and can keep no state")
        inputs, outputs = [*node.inputs, *[None] * (1 + max(INITIAL) - len(node.inputs))], list(node.outputs)
        for state, what in zip(_states(node), ("hidden", "cells"), strict=False):
            source = f"{node.name}/{what}"
            constant = graph.optional_input(node, state.input)
            if constant is not None:
                initial[source] = _real(constant)
            tensors[source] = _tensor(graph, node, source, state)
            inputs[state.input] = source
            if state.output == len(outputs):
                outputs.append(f"{source}_next")
            pairs[source] = outputs[state.output]
            tensors[pairs[source]] = _tensor(graph, node, pairs[source], state)
        count = max(len(node.inputs), 1 + _states(node)[-1].input)
        nodes.append(replace(node, inputs=tuple(inputs[:count]), outputs=tuple(outputs)))
    if not pairs:
        raise InputError(f"'{graph.name}' has no recurrent layer that could keep its state")
    added = (name for name in pairs.values() if name not in graph.outputs)
    result = replace(
        graph, tensors=tensors, nodes=tuple(nodes), inputs=(*graph.inputs, *pairs), outputs=(*graph.outputs, *added)
    )
    return Outside(check(result), pairs, graph.outputs, initial)


def _states(node: Node) -> tuple[State, ...]:
    """Hidden values, and of an LSTM its cells."""
    node = node.plain
    rule = OPERATORS[node.op].rule_for(node)
    assert rule is not None
    return rule.states[: parts_of(node.op)]


def _is_given(graph: Graph, node: Node) -> bool:
    """Whether the network itself gives the state."""
    given = (graph.optional_input(node, index) for index in INITIAL)
    return any(tensor is not None and not tensor.is_constant for tensor in given)


def _tensor(graph: Graph, node: Node, name: str, state: State) -> Tensor:
    shape = (sizes(graph, node.plain)[0], state_widths(graph, node.plain)[INITIAL.index(state.input)])
    kind = graph.input(node, 0).dtype
    if kind.is_float:
        return Tensor(name, shape, kind)
    return Tensor(name, shape, state.dtype, state.grid)


def _own(outside: Outside, node: Node) -> list[str]:
    """The state inputs of a recurrent layer that nothing else reads, and whose next values nothing else reads."""
    if node.plain.op not in GATES:
        return []
    graph, found = outside.graph, []
    for state in _states(node):
        source = node.inputs[state.input] if state.input < len(node.inputs) else None
        target = node.outputs[state.output] if state.output < len(node.outputs) else None
        readers = [other.name for other in graph.nodes if source in other.inputs or target in other.inputs]
        if source is None or outside.pairs.get(source) != target or target in outside.outputs:
            return []
        if readers != [node.name]:
            return []
        found.append(source)
    return found


def _levels(outside: Outside, name: str) -> Array:
    """A state's first value as its tensor holds it."""
    tensor = outside.graph.tensor(name)
    if tensor.dtype.is_float:
        return rounded(outside.first(name), tensor.dtype)
    return affine_quantize(outside.first(name), tensor.scale, tensor.zero_point, tensor.dtype.numpy)


def _real(tensor: Tensor) -> Array:
    values = tensor.value().astype(np.float64)
    return values if tensor.dtype.is_float else (values - tensor.zero_point) * tensor.scale
