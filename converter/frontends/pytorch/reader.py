"""Walks an ATen graph: constants are computed, every other call is lowered under the name of its module."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ....errors import ModelError, UnsupportedError
from ...ir import DType, Graph
from ...limits import MOST_CONSTANTS, MOST_ELEMENTS
from ..builder import GraphBuilder
from ..emitter import Shared
from .call import Activation, Call, Constant, Value
from .table import BROADCASTING, EXPANDING, LOWERINGS, NAMESPACES, NOTHING, REFUSED


class Reader:
    """One reading of one exported program (``torch.export.ExportedProgram``)."""

    def __init__(self, program: Any, name: str) -> None:
        self._program = program
        self._graph = GraphBuilder(name)
        #: Of every node: an activation, or what is known, as torch's own so that torch computes with it.
        self._values: dict[Any, Any] = {}
        self._shared = Shared(self._graph)
        self._constants: dict[int, str] = {}
        self._alone = _only_calls(program.graph.nodes, set(program.graph_signature.user_inputs))

    def read(self) -> Graph:
        """The float graph. Raises UnsupportedError or ModelError."""
        specs = {spec.arg.name: spec for spec in self._program.graph_signature.input_specs if hasattr(spec.arg, "name")}
        outputs: dict[int, str] = {}
        for node in self._program.graph.nodes:
            if node.op == "placeholder":
                self._values[node] = self._placeholder(node, specs[node.name])
            elif node.op == "call_function":
                if node.users:  # what nobody reads only asserts something
                    self._values[node] = self._called(node)
            elif node.op == "output":
                outputs = self._outputs(node)
            else:
                raise UnsupportedError(node.name, node.op, "a program of several graphs is not served")
        keys = _keys(self._program.call_spec.out_spec)
        graph = self._graph.finish(tuple(outputs.values()))
        return _renamed(graph, {name: keys.get(position) for position, name in outputs.items()})

    def _placeholder(self, node: Any, spec: Any) -> Any:
        kind = spec.kind.name
        if kind == "USER_INPUT":
            value = node.meta["val"]
            if not hasattr(value, "shape"):
                return _fixed(node.name, spec)
            return Activation(self._graph.input(node.name, _sizes(node.name, value), _dtype(node.name, value)))
        if kind not in ("PARAMETER", "BUFFER", "CONSTANT_TENSOR"):
            raise UnsupportedError(node.name, kind.lower(), "only tensors are served as parameters and constants")
        stored = self._program.state_dict if spec.target in self._program.state_dict else self._program.constants
        tensor = stored[spec.target].detach().cpu()
        self._constants[id(tensor)] = spec.target
        return tensor

    def _called(self, node: Any) -> Any:
        if node.target is operator.getitem:
            return self._item(node)
        arguments = [self._values[source] for source in node.all_input_nodes]
        if _has_activation(arguments):
            return self._lowered(node, self._name(node))
        return self._computed(node, self._name(node))

    def _item(self, node: Any) -> Any:
        source, index = node.args
        value = self._values[source][index]
        if value is None:
            raise UnsupportedError(self._name(source), _shown(source.target), f"its output {index} is not served")
        return value

    def _computed(self, node: Any, name: str) -> Any:
        """The value of a call whose arguments are all known, as torch computes it."""
        from torch import Tag

        op = _shown(node.target)
        if not op.startswith("aten.") or node.target._schema.is_mutable or op == "aten.from_file":
            raise UnsupportedError(name, op, "it is not served")
        if Tag.nondeterministic_seeded in node.target.tags:
            raise UnsupportedError(name, op, "it is random; make it a buffer of the module")
        size = sum(value.element_size() * value.numel() for value in _tensors(node.meta.get("val")))
        if size > MOST_CONSTANTS:
            raise ModelError(f"{name} ({op}): a constant of {size} bytes; up to {MOST_CONSTANTS} are served")
        known = {key: self._values[key] for key in node.all_input_nodes}
        args, kwargs = _replaced(node.args, known), _replaced(node.kwargs, known)
        result = node.target(*args, **kwargs)
        for tensor in _tensors(result):
            self._constants.setdefault(id(tensor), name)
        return result

    def _lowered(self, node: Any, name: str) -> Any:
        op, shown = _operator_name(node.target), _shown(node.target)
        origin = _shown(node.meta.get("original_aten") or node.target)
        if op not in LOWERINGS or shown != f"{NAMESPACES.get(op, 'aten')}.{op}":
            reason = REFUSED.get(op, "this operator is not served; docs/pytorch.md lists those that are")
            raise UnsupportedError(name, origin, reason)
        known = {source: self._value(self._values[source]) for source in node.all_input_nodes}
        results = _tensors(node.meta["val"], whole=True)
        first = node.all_input_nodes[0].meta.get("val")
        call = Call(
            graph=self._graph,
            name=name,
            op=shown,
            origin=origin,
            arguments=_bound(node, known),
            shapes=tuple(None if value is None else _sizes(name, value) for value in results),
            used=frozenset(_read(node)),
            is_float=all(_is_float(value) for value in (first, results[0])),
            lazy=op in EXPANDING and all(_operator_name(user.target) in BROADCASTING for user in node.users),
            shared=self._shared,
        )
        result = LOWERINGS[op](call)
        if isinstance(result, Constant):
            return self._known(result)
        self._check(call, result)
        return result

    def _known(self, constant: Constant) -> Any:
        """A constant that a lowering made, as torch's."""
        from torch import from_numpy

        tensor = from_numpy(constant.value)
        self._constants[id(tensor)] = constant.name
        return tensor

    def _check(self, call: Call, result: Value | Sequence[Value | None]) -> None:
        """What was built must have the shapes that torch computed."""
        for value, shape in zip(result if isinstance(result, Sequence) else [result], call.shapes, strict=False):
            if not isinstance(value, Activation) or call.lazy:
                continue
            found = self._graph.shape(value.tensor)
            if found != shape:
                raise ModelError(f"{call.name} ({call.op}): built with shape {found}, PyTorch computes {shape}")

    def _value(self, value: Any) -> Any:
        """A value as lowerings see it."""
        if hasattr(value, "detach"):
            plain = value.detach()
            array = (plain.float() if plain.is_floating_point() else plain).numpy()
            return Constant(self._constants.get(id(value), "constant"), array)
        if isinstance(value, list | tuple):
            return type(value)(self._value(part) for part in value)
        return value

    def _outputs(self, node: Any) -> dict[int, str]:
        """The tensors that the module returns, by their place among all that it returns."""
        names: dict[int, str] = {}
        position = -1
        for value, spec in zip(node.args[0], self._program.graph_signature.output_specs, strict=True):
            kind = spec.kind.name
            if kind == "BUFFER_MUTATION":
                raise UnsupportedError(
                    spec.target, "buffer", "the network changes it; export the module in eval mode (module.eval())"
                )
            if kind != "USER_OUTPUT":
                continue
            position += 1
            if value is None:
                continue
            known = self._values.get(value, value) if hasattr(value, "meta") else value
            if not isinstance(known, Activation):
                raise UnsupportedError(str(value), "output", "it does not depend on the network's input; leave it out")
            names[position] = known.tensor
        return names

    def _name(self, node: Any) -> str:
        """The module's path; with the operator's name where the module is the user's own or calls several."""
        path, module_type, call = _module(node)
        op = _operator_name(node.target).lstrip("_")
        if not path:
            return op
        return path if module_type.startswith(("torch.nn.", "bitwright.nn.")) and self._alone[call] else f"{path}/{op}"


def _read(node: Any) -> Iterator[int]:
    """Which outputs of a node are read; one that is only unpacked is not."""
    for user in node.users:
        if user.target is not operator.getitem:
            yield 0
        elif user.users:
            yield user.args[1]


def _module(node: Any) -> tuple[str, str, str]:
    """Path, type and call of the innermost module that a node belongs to."""
    stack = node.meta.get("nn_module_stack") or {}
    if not stack:
        return "", "", ""
    call, (path, kind) = list(stack.items())[-1]
    name = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
    return path, name, call


def _only_calls(nodes: Any, inputs: set[Any]) -> Mapping[str, bool]:
    """For every call of a module: whether it makes no more than one call of an operator that does something."""
    counts: Counter[str] = Counter()
    known: set[Any] = set()
    for node in nodes:
        if node.op == "placeholder" and node.name not in inputs:
            known.add(node)
        if node.op != "call_function" or node.target is operator.getitem:
            continue
        if all(source in known for source in node.all_input_nodes):
            known.add(node)
        elif _operator_name(node.target) not in NOTHING:
            counts[_module(node)[2]] += 1
    return {_module(node)[2]: counts[_module(node)[2]] <= 1 for node in nodes if node.op == "call_function"}


def _operator_name(target: Any) -> str:
    """``conv2d`` of ``aten.conv2d.default``; a function's own name otherwise."""
    return _shown(target).rsplit(".", 1)[-1]


def _shown(target: Any) -> str:
    """``aten.conv2d`` of ``aten.conv2d.default``, as errors show it."""
    schema = getattr(target, "_schema", None)
    return str(schema.name).replace("::", ".") if schema is not None else str(getattr(target, "__name__", target))


def _fixed(name: str, spec: Any) -> Any:
    """An input that is a number or None, as it was when the program was exported."""
    if not hasattr(spec.arg, "value"):
        raise UnsupportedError(name, "input", "a number that changes is not served; export with a fixed one")
    return spec.arg.value


def _bound(node: Any, known: Mapping[Any, Any]) -> dict[str, Any]:
    """Arguments by the schema's names, defaults included."""
    result = {}
    for position, argument in enumerate(node.target._schema.arguments):
        if position < len(node.args):
            value = node.args[position]
        elif argument.name in node.kwargs:
            value = node.kwargs[argument.name]
        else:
            value = argument.default_value
        result[argument.name] = _replaced(value, known)
    return result


def _replaced(value: Any, known: Mapping[Any, Any]) -> Any:
    """A value with the graph's nodes in it replaced by what they stand for."""
    if isinstance(value, list | tuple):
        return type(value)(_replaced(part, known) for part in value)
    if isinstance(value, dict):
        return {key: _replaced(part, known) for key, part in value.items()}
    return known[value] if hasattr(value, "all_input_nodes") else value


def _has_activation(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(_has_activation(part) for part in value)
    return isinstance(value, Activation)


def _tensors(value: Any, whole: bool = False) -> list[Any]:
    """The tensors of a result; ``whole`` keeps the place of what is none."""
    parts = list(value) if isinstance(value, list | tuple) else [value]
    tensors = [part if hasattr(part, "element_size") else None for part in parts]
    return tensors if whole else [tensor for tensor in tensors if tensor is not None]


def _sizes(name: str, value: Any) -> tuple[int, ...]:
    for axis, size in enumerate(value.shape):
        if not isinstance(size, int):
            raise UnsupportedError(
                name, "shape", f"dimension {axis} ({size}) is dynamic; export without dynamic_shapes, for one size"
            )
    if value.numel() > MOST_ELEMENTS:
        raise ModelError(f"{name}: {value.numel()} elements; up to {MOST_ELEMENTS} are served")
    return tuple(int(size) for size in value.shape)


def _is_float(value: Any) -> bool:
    return hasattr(value, "is_floating_point") and bool(value.is_floating_point())


def _dtype(name: str, value: Any) -> DType:
    kind = str(value.dtype).removeprefix("torch.")
    if _is_float(value):
        return DType.FLOAT32
    if kind not in {dtype.value for dtype in DType}:
        raise UnsupportedError(name, "input", f"inputs of type {kind} are not served; use float32")
    return DType.INT32 if kind == "int64" else DType(kind)  # no index that is served needs more


def _keys(spec: Any) -> dict[int, str]:
    """The paths of the outputs that the module returns in dictionaries, by their place."""
    from torch.utils import _pytree as pytree

    tree = pytree.tree_unflatten(list(range(spec.num_leaves)), spec)
    result = {}
    for path, position in pytree.tree_flatten_with_path(tree)[0]:
        steps = [getattr(step, "key", getattr(step, "idx", getattr(step, "name", None))) for step in path]
        if any(isinstance(step, str) for step in steps):
            result[position] = ".".join(map(str, steps))
    return result


def _renamed(graph: Graph, keys: Mapping[str, str | None]) -> Graph:
    """The graph with outputs named as the module names them."""
    new = {
        old: key
        for old, key in keys.items()
        if key is not None and key not in graph.tensors and old not in graph.inputs
    }
    if not new:
        return graph

    def name(old: str) -> str:
        return new.get(old, old)

    return replace(
        graph,
        tensors={name(old): replace(tensor, name=name(old)) for old, tensor in graph.tensors.items()},
        nodes=tuple(
            replace(
                node,
                inputs=tuple(None if source is None else name(source) for source in node.inputs),
                outputs=tuple(name(target) for target in node.outputs),
            )
            for node in graph.nodes
        ),
        outputs=tuple(name(old) for old in graph.outputs),
    )
