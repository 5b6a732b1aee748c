"""Gives every tensor of a float graph its grid; the result simulates, and lowers to, the integer graph."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...errors import InputError, UnsupportedError
from ..ir import FLOAT_PREFIX, Array, DType, Graph, Node, Quantization, Tensor, check
from ..ops import OPERATORS
from ..ops.operator import Matrix, QuantRule
from ..ops.recurrent import GATES
from .grid import LEVELS, SATURATING, affine_grid, symmetric_scale, weight_scales
from .half_range import require_room
from .modes import Module, is_joint, resolved
from .observers import OBSERVERS
from .statistics import Statistics, TensorStatistics

#: How a state is kept: its type and, of integers, its grid.
_StateForm = tuple[DType, Quantization | None]

#: Accumulators stay below this, so that biases of channels with tiny weights do not overflow them.
_LARGEST_BIAS = 2**30


def _is_named(node: Node, patterns: Sequence[str]) -> bool:
    """Whether a node's name matches any of the patterns."""
    return any(fnmatch.fnmatchcase(node.name, pattern) for pattern in patterns)


@dataclass(frozen=True)
class Scheme:
    """How grids are chosen.

    Attributes:
        observer: of activations, a name in ``observers.OBSERVERS``.
        symmetric: int8 activations have zero point 0.
        per_channel: weights have one scale per output channel.
        power_of_two: every scale is a power of two.
        saturating: symmetric scales may put the largest magnitude at 128.5 steps, which saturates to 127.
        wide: patterns of node names (as in ``fnmatch``) that compute with int16 activations and int8 weights.
        int8_state: the same of recurrent layers that keep hidden values and cells in int8 from step to step.
        f32, f16: the same of nodes that compute in float, with activations of that type and int8 weights.
        tokens: the same of fully connected layers on int8 rows, each with a scale of its own.
        joint: fully connected layers on int8 write int16 where what reads their output computes in int16.
        hero, modules: modes of transformers' parts, and of nodes; they come down to those above (see ``modes``).
    """

    observer: str = "minmax"
    symmetric: bool = False
    per_channel: bool = True
    power_of_two: bool = False
    saturating: bool = False
    wide: tuple[str, ...] = ()
    int8_state: tuple[str, ...] = ()
    f32: tuple[str, ...] = ()
    f16: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    joint: bool = False
    hero: str = ""
    modules: tuple[Module, ...] = ()

    @property
    def levels(self) -> float:
        """Steps of a symmetric int8 grid on either side of zero."""
        return SATURATING if self.saturating else LEVELS

    def type_of(self, node: Node) -> DType:
        """The type of the activations that a node is to compute with."""
        wishes = ((DType.FLOAT16, self.f16), (DType.FLOAT32, self.f32), (DType.INT16, self.wide))
        for kind, patterns in wishes:
            if _is_named(node, patterns):
                return kind
        return DType.INT8


def annotate(graph: Graph, statistics: Statistics, scheme: Scheme) -> Graph:
    """The graph with a grid on every float tensor, and QUANTIZE nodes where an operator needs another grid.

    Args:
        statistics: of every activation, as :func:`~.statistics.observe` gives.

    Raises:
        InputError: an unknown observer, or a tensor without statistics.
        UnsupportedError: an operator that is not quantized, or sums that float16 has no room for.
    """
    if scheme.observer not in OBSERVERS:
        raise InputError(f"there is no observer '{scheme.observer}'; there are {', '.join(OBSERVERS)}")
    scheme = resolved(graph, scheme)
    graph = _calibrated(_with_narrow(_with_joints(graph, scheme), scheme), statistics)
    _require_matches(graph, (*scheme.f32, *scheme.f16))
    for node in graph.nodes:
        require_room(graph, node, scheme.type_of(node), statistics)
    states = _states_in(graph, scheme)
    types = _types(graph, scheme, states)
    grids = _grids(graph, types, states, statistics, scheme)
    tensors = {
        name: replace(tensor, quant=grids.get(name), stored=types[name]) if name in types else tensor
        for name, tensor in graph.tensors.items()
    }

    def leaving(tensor: Tensor, kind: DType) -> Quantization:
        """The grid on which a value leaves a layer in float."""
        return _observed_grid(graph, [tensor.name], kind, statistics, scheme)

    annotated = _bridged(replace(graph, tensors=tensors), leaving)
    return check(_with_weights(annotated, scheme))


def _require_matches(graph: Graph, patterns: Sequence[str]) -> None:
    """Raise InputError where a pattern of layers in float names none."""
    names = [node.name for node in graph.nodes]
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(name, pattern) for name in names):
            raise InputError(f"no layer is named like '{pattern}'; there are {', '.join(names[:12])}, …")


def rule_of(node: Node) -> QuantRule:
    """The node's quantization rule. Raises UnsupportedError."""
    operator = OPERATORS.get(node.op)
    rule = None if operator is None else operator.rule_for(node)
    if rule is None:
        raise UnsupportedError(node.name, node.op, "this operator cannot be quantized")
    return rule


def operands(graph: Graph, node: Node) -> list[int]:
    """Indices of the node's inputs that are float activations, or constants in their place."""
    rule = rule_of(node)
    return [
        index
        for index, name in enumerate(node.inputs)
        if name is not None and index not in rule.parameters and graph.tensor(name).dtype is DType.FLOAT32
    ]


def is_switched(graph: Graph, node: Node) -> bool:
    """Whether a node of an annotated graph computes in float."""
    stored = graph.output(node).stored
    return node.op != "QUANTIZE" and stored is not None and stored.is_float


def _types(graph: Graph, scheme: Scheme, states: Mapping[str, _StateForm]) -> dict[str, DType]:
    """The type of every activation: that of the node that writes it, for inputs that of a reader or a state's; all that
    arrives is integers."""
    types: dict[str, DType] = {name: kind for name, (kind, _) in states.items()}
    chosen: dict[str, DType] = {}
    wanted = _wanted(graph, scheme)
    for node in graph.nodes:
        sources = [types[n] for i in operands(graph, node) if (n := node.inputs[i]) in types]
        kind = scheme.type_of(node)
        if kind.is_float:
            _require_switched(graph, node)
        elif rule_of(node).same and sources:
            kind = _moved(node, sources)
        if kind is DType.INT16 and "int16" not in OPERATORS[node.op].types:
            kind = DType.INT8
        chosen[node.name] = kind if kind.is_float else _read_type(node, kind)
        if "tokens" in node.attrs:
            kind = wanted.get(node.outputs[0], DType.INT8)
        for index, name in enumerate(node.outputs):
            if graph.tensor(name).dtype is DType.FLOAT32:
                state = rule_of(node).given(index)
                types[name] = kind if kind.is_float or state is None else state.dtype
    for name in graph.inputs:
        if types.get(name, DType.INT8).is_float:
            types[name] = DType.INT16
        if name in types or graph.tensor(name).dtype is not DType.FLOAT32:
            continue
        readers = [chosen[node.name] for node in graph.nodes if name in node.inputs]
        types[name] = DType.INT16 if readers and DType.INT8 not in readers else DType.INT8
    for node in graph.nodes:
        for index in operands(graph, node):
            if graph.tensor(node.inputs[index]).is_constant:
                kind = _needed(node, index, chosen[node.name])
                types.setdefault(str(node.inputs[index]), kind)
    return types


def _states_in(graph: Graph, scheme: Scheme) -> dict[str, _StateForm]:
    """Graph inputs and constants that nothing but states is made of, be they moved on the way, and the states' form."""
    wanted: dict[str, set[_StateForm | None]] = {}
    for node in reversed(graph.nodes):
        rule, kind = rule_of(node), scheme.type_of(node)
        later = set[_StateForm | None]().union(*(wanted.get(name, ()) for name in node.outputs))
        for index, name in enumerate(node.inputs):
            if name is not None:
                state = rule.taken(index)
                form = None if state is None else (kind, None) if kind.is_float else (state.dtype, state.grid)
                moved = next(iter(later)) if rule.same and len(later) == 1 else None
                wanted.setdefault(name, set()).add(form or moved)
    found = {}
    for name, forms in wanted.items():
        only = next(iter(forms))
        if len(forms) == 1 and only is not None and (name in graph.inputs or graph.tensor(name).is_constant):
            found[name] = only
    return {name: form for name, form in found.items() if graph.tensor(name).dtype is DType.FLOAT32}


def _with_joints(graph: Graph, scheme: Scheme) -> Graph:
    """The graph whose layers that may read one type and write another carry the attribute ``tokens``: whether their
    rows have scales of their own."""
    nodes = []
    for node in graph.nodes:
        own = _is_named(node, scheme.tokens)
        if (own or (scheme.joint and scheme.type_of(node) is DType.INT8)) and is_joint(graph, node):
            node = replace(node, attrs={**node.attrs, "tokens": own})
        nodes.append(node)
    return graph.with_nodes(tuple(nodes))


def _with_narrow(graph: Graph, scheme: Scheme) -> Graph:
    """The graph whose recurrent layers in integers carry the attribute ``narrow`` where their states are to be int8."""
    nodes, found = [], False
    for node in graph.nodes:
        fits = _is_named(node, scheme.int8_state)
        if fits and node.op in GATES and not scheme.type_of(node).is_float:
            node, found = replace(node, attrs={**node.attrs, "narrow": True}), True
        nodes.append(node)
    if scheme.int8_state and not found:
        raise InputError(
            f"int8_state: no GRU, LSTM or RNN in integers is named like {', '.join(map(repr, scheme.int8_state))}"
        )
    return graph.with_nodes(tuple(nodes))


def _calibrated(graph: Graph, statistics: Statistics) -> Graph:
    """The graph whose nodes carry the attributes that follow from what their tensors hold."""

    def reach(name: str) -> float:
        """The largest magnitude."""
        data = graph.tensor(name).data
        if data is not None:
            return float(np.abs(data).max(initial=0))
        if name not in statistics:
            raise InputError(f"tensor '{name}' was not seen during calibration")
        return max(-statistics[name].low, statistics[name].high)

    nodes = []
    for node in graph.nodes:
        operator = OPERATORS.get(node.op)
        change = None if operator is None else operator.calibrate
        nodes.append(node if change is None else change(graph, node, reach))
    return graph.with_nodes(tuple(nodes))


def _read_type(node: Node, kind: DType) -> DType:
    """The type of a node's operands, from that of its output."""
    own = node.attrs.get("tokens")
    return kind if own is None else DType.INT16 if own else DType.INT8


def _wanted(graph: Graph, scheme: Scheme) -> dict[str, DType]:
    """The type in which activations are read: int16 where any reader computes in it, or in float; those that only move
    values pass the wish on."""
    wanted: dict[str, DType] = {}
    for node in reversed(graph.nodes):
        kind = scheme.type_of(node)
        wide = kind.is_float or (kind is DType.INT16 and "int16" in OPERATORS[node.op].types)
        kind = _read_type(node, DType.INT16 if wide else DType.INT8)
        if rule_of(node).same and not scheme.type_of(node).is_float:
            kind = DType.INT16 if any(name in wanted for name in node.outputs) else DType.INT8
        for index in operands(graph, node):
            name = str(node.inputs[index])
            if kind is DType.INT16 or index in rule_of(node).fine:
                wanted[name] = DType.INT16
    return wanted


def _moved(node: Node, sources: Sequence[DType]) -> DType:
    """The type of what only moves or compares values of those types."""
    if len(set(sources)) == 1 and sources[0].is_float and FLOAT_PREFIX + node.op in OPERATORS:
        return sources[0]
    return DType.INT16 if DType.INT16 in sources else DType.INT8


def _needed(node: Node, index: int, kind: DType) -> DType:
    """The type of an operand of a node that computes in a type."""
    if index not in rule_of(node).fine:
        return kind
    return DType.FLOAT32 if kind.is_float else DType.INT16


def _require_switched(graph: Graph, node: Node) -> None:
    """Raise UnsupportedError unless a node can be switched to float."""
    ways = ("QUANTIZE", "DEQUANTIZE")
    if FLOAT_PREFIX + node.op not in OPERATORS or node.op in ways:
        named = {name.removeprefix(FLOAT_PREFIX) for name in OPERATORS if name.startswith(FLOAT_PREFIX)}
        served = sorted(named.difference(ways))
        raise UnsupportedError(
            node.name,
            node.op,
            f"it cannot be switched to float (served: {', '.join(served)}); leave it out of f32 and f16",
        )


def _grids(
    graph: Graph,
    types: Mapping[str, DType],
    states: Mapping[str, _StateForm],
    statistics: Statistics,
    scheme: Scheme,
) -> dict[str, Quantization]:
    """A grid for every activation and every constant in an activation's place."""
    fixed = _fixed_grids(graph, types, states)
    groups = _groups(graph, types, fixed)
    members: dict[str, list[str]] = {}
    for name in (name for name, kind in types.items() if not kind.is_float):
        members.setdefault(groups[name], []).append(name)
    grids = {}
    for names in members.values():
        known = [fixed[name] for name in names if name in fixed]
        grid = known[0] if known else _observed_grid(graph, names, types[names[0]], statistics, scheme)
        grids.update(dict.fromkeys(names, grid))
    return grids


def _fixed_grids(graph: Graph, types: Mapping[str, DType], states: Mapping[str, _StateForm]) -> dict[str, Quantization]:
    grids = {name: grid for name, (_, grid) in states.items() if grid is not None}
    for node in graph.nodes:
        for state in rule_of(node).states:
            if state.output < len(node.outputs) and not types[node.outputs[0]].is_float:
                grids[node.outputs[state.output]] = state.grid
        fixed = (rule_of(node).fixed or {}).get(types[node.outputs[0]])
        if fixed is not None:
            scale, zero_point = fixed
            grids[node.outputs[0]] = Quantization((scale,), (zero_point,))
    return grids


def _groups(graph: Graph, types: Mapping[str, DType], fixed: Mapping[str, Quantization]) -> dict[str, str]:
    """Tensors that must share a grid -> their representative: what operators join that only move or compare values.

    Where several inputs are joined, one whose grid its own operator fixes is left out and requantized on the way,
    unless all have that very grid.
    """
    parent = {name: name for name in types}

    def find(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    anchored = dict(fixed)
    for node in graph.nodes:
        if not rule_of(node).same:
            continue
        sources = [str(node.inputs[i]) for i in operands(graph, node)]
        target = node.outputs[0]
        agree = len({anchored.get(find(source)) for source in sources}) == 1
        for source in sources:
            if types[source] is not types[target] or (not agree and find(source) in anchored):
                continue
            if find(source) in anchored:
                anchored[find(target)] = anchored[find(source)]
            _join(parent, find(source), find(target), anchored)
        for other in node.outputs[1:]:
            _join(parent, find(target), find(other), anchored)
    return {name: find(name) for name in types}


def _join(parent: dict[str, str], first: str, second: str, anchored: dict[str, Quantization]) -> None:
    parent[second] = first
    if second in anchored:
        anchored[first] = anchored[second]


def _observed_grid(
    graph: Graph, names: Sequence[str], dtype: DType, statistics: Statistics, scheme: Scheme
) -> Quantization:
    symmetric = scheme.symmetric or dtype is DType.INT16
    ranges = []
    for name in names:
        tensor = graph.tensor(name)
        if tensor.data is not None:
            ranges.append((float(tensor.data.min(initial=0.0)), float(tensor.data.max(initial=0.0))))
        elif name in statistics:
            ranges.append(_range(statistics[name], dtype, symmetric, scheme))
        else:
            raise InputError(f"tensor '{name}' was not seen during calibration")
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    if dtype is DType.INT16:
        return Quantization((symmetric_scale(max(-low, high), 32767, scheme.power_of_two),), (0,))
    scale, zero_point = affine_grid(low, high, symmetric, scheme.power_of_two, scheme.levels)
    return Quantization((scale,), (zero_point,))


def _range(statistics: TensorStatistics, dtype: DType, symmetric: bool, scheme: Scheme) -> tuple[float, float]:
    """int16 grids are fine enough for everything that was seen; clipping would only lose."""
    observer = OBSERVERS["minmax" if dtype is DType.INT16 else scheme.observer]
    return observer(statistics, symmetric)


def _bridged(graph: Graph, leaving: Callable[[Tensor, DType], Quantization]) -> Graph:
    """QUANTIZE nodes in front of operators whose operands are of another type or, where they must agree, grid; and
    behind layers in float that write an output of the network."""
    tensors, nodes = dict(graph.tensors), []
    bridges: dict[tuple[str, DType, Quantization | None], str] = {}

    def bridge(source: Tensor, needed: DType, wanted: Quantization | None) -> str:
        """The tensor's value in another type or on another grid."""
        if needed.is_float:
            quant = None
        elif wanted is not None:
            quant = wanted
        else:
            floating = source.stored is not None and source.stored.is_float
            quant = leaving(source, needed) if floating else _converted(source, needed)
        key = (source.name, needed, quant)
        if key not in bridges:
            bridges[key] = f"{source.name}/{needed.value}_{len(bridges)}"
            tensors[bridges[key]] = replace(source, name=bridges[key], quant=quant, stored=needed)
            if source.data is None:
                nodes.append(Node(f"{bridges[key]}:quantize", "QUANTIZE", (source.name,), (bridges[key],)))
        return bridges[key]

    for node in graph.nodes:
        target = tensors[node.outputs[0]]
        kind = target.stored if target.stored is not None else _common_type(tensors, graph, node)
        inputs = list(node.inputs)
        for index in operands(graph, node):
            source = tensors[str(inputs[index])]
            wanted = target.quant if rule_of(node).same else None
            needed = _needed(node, index, _read_type(node, kind))
            state = rule_of(node).taken(index)
            if state is not None and not needed.is_float:
                wanted, needed = state.grid, state.dtype
            elif rule_of(node).mixed and not needed.is_float and source.stored in (DType.INT8, DType.INT16):
                needed = source.stored
            if source.stored is needed and (wanted is None or source.quant == wanted):
                continue
            inputs[index] = bridge(source, needed, wanted)
        nodes.append(replace(node, inputs=tuple(inputs)))
    outputs, edges = list(graph.outputs), dict(graph.edges)
    for place, name in enumerate(outputs):
        stored = tensors[name].stored
        if stored is not None and stored.is_float:
            outputs[place] = bridge(tensors[name], DType.INT16, None)
            if name in edges:
                edges[outputs[place]] = edges.pop(name)
    return replace(graph, tensors=tensors, nodes=tuple(nodes), outputs=tuple(outputs), edges=edges)


def _common_type(tensors: Mapping[str, Tensor], graph: Graph, node: Node) -> DType:
    kinds = [tensors[str(node.inputs[i])].stored for i in operands(graph, node)]
    wide = kinds and DType.INT8 not in kinds and "int16" in OPERATORS[node.op].types
    return DType.INT16 if wide else DType.INT8


def _converted(source: Tensor, kind: DType) -> Quantization:
    """The same range on another type's grid."""
    assert source.quant is not None and source.stored is not None
    scale, point = source.quant.scale[0], source.quant.zero_point[0]
    low, high = source.stored.limits
    if kind is DType.INT16:
        return Quantization((symmetric_scale(scale * max(point - low, high - point), 32767),), (0,))
    fine_scale, fine_point = affine_grid(scale * (low - point), scale * (high - point))
    return Quantization((fine_scale,), (fine_point,))


def _with_weights(graph: Graph, scheme: Scheme) -> Graph:
    """Scales for all weights; one that many nodes share is copied where their biases ask for different ones."""
    tensors, nodes = dict(graph.tensors), []
    for node in graph.nodes:
        inputs = list(node.inputs)
        matrices, table = rule_of(node).matrices, rule_of(node).table
        if table is not None and is_switched(graph, node):
            matrices = (*matrices, Matrix(table))
        for matrix in matrices:
            weights = tensors[str(inputs[matrix.weights])]
            others = None if matrix.aligned is None else tensors[str(inputs[matrix.aligned])]
            quant = _weight_grid(graph, node, matrix, weights, scheme, others)
            name = weights.name
            if weights.stored is not None and weights.quant != quant:
                name = f"{weights.name}/{node.name}"
            tensors[name] = replace(weights, name=name, quant=quant, stored=DType.INT8)
            inputs[matrix.weights] = name
        nodes.append(replace(node, inputs=tuple(inputs)))
    return replace(graph, tensors=tensors, nodes=tuple(nodes))


def _weight_grid(
    graph: Graph, node: Node, matrix: Matrix, weights: Tensor, scheme: Scheme, others: Tensor | None
) -> Quantization:
    rule = rule_of(node)
    if weights.data is None:
        raise UnsupportedError(node.name, node.op, "weights that are not constant cannot be quantized")
    axis = rule.channel_axis if scheme.per_channel and weights.shape[rule.channel_axis] > 1 else None
    scales = weight_scales(weights.data, axis, scheme.power_of_two, scheme.levels)
    scales = np.maximum(scales, least_scales(graph, node, matrix, scales.size))
    if others is not None:
        scales = _aligned(others, scales)
    if scheme.power_of_two:
        scales = 2.0 ** np.ceil(np.log2(scales))
    values = tuple(float(np.float32(scale)) for scale in scales)
    return Quantization(values, (0,) * len(values), axis)


def _aligned(weights: Tensor, scales: Array) -> Array:
    """Scales raised to those of annotated weights times powers of two, from 2^-10 to 2^8."""
    assert weights.quant is not None
    others = np.asarray(weights.quant.scale, np.float64)
    return np.asarray(others * 2.0 ** np.clip(np.ceil(np.log2(scales / others)), -10, 8))


def factor_scale(graph: Graph, node: Node, matrix: Matrix) -> float:
    """The scale of what an annotated layer's weights multiply."""
    if matrix.factor is not None:
        return matrix.factor
    source = graph.tensor(node.inputs[operands(graph, node)[0]])
    assert source.quant is not None
    return source.quant.scale[0]


def least_scales(graph: Graph, node: Node, matrix: Matrix, count: int) -> Array:
    """Weight scales of an annotated layer below which its bias at ``S_in * S_w`` would leave the accumulator."""
    bias = graph.optional_input(node, matrix.bias) if matrix.bias is not None else None
    if bias is None or bias.data is None or is_switched(graph, node):  # in float, biases are real numbers
        return np.full(count, np.finfo(np.float32).tiny)
    reach = np.abs(bias.data.astype(np.float64))
    reach = reach if count > 1 else reach.max(keepdims=True)
    return np.maximum(
        reach / (factor_scale(graph, node, matrix) * _LARGEST_BIAS) * (1 + 1e-6), np.finfo(np.float32).tiny
    )
