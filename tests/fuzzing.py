"""Damaged and hostile models: random mutations of a real one, each loaded, run and generated in a bounded process.

As a program: ``python tests/fuzzing.py MODEL KIND SEED FIRST LAST`` works through the mutations FIRST to LAST - 1 and
prints one line for each. It ends with a traceback at the first that raises anything but a BitwrightError, takes longer
than ``SECONDS`` or needs more than ``BYTES``.
"""

from __future__ import annotations

import faulthandler
import resource
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from bitwright.codegen.project import model_sources
from bitwright.converter.float_reference import run_float
from bitwright.converter.frontends.tflite import read_tflite
from bitwright.converter.ir import DType, Graph, Node, Quantization, Tensor
from bitwright.converter.load import from_bytes
from bitwright.converter.native import write_native
from bitwright.converter.ops import OPERATORS
from bitwright.converter.reference import Session
from bitwright.converter.tflite_schema import ENUMS, SCHEMA
from bitwright.converter.writers import tflite as writer
from bitwright.errors import BitwrightError
from bitwright.targets.vectors import random_vectors

SECONDS = 5
BYTES = 3 * 2**29  # of address space

Random = np.random.Generator


def exercise(data: bytes) -> str:
    """Load, run and generate a model; what became of it."""
    try:
        graph = from_bytes(data, "model")
        if graph.is_float:
            shapes = [graph.tensor(name).shape for name in graph.inputs]
            run_float(graph, [np.ones(shape, np.float32) for shape in shapes])
            return "float"
        Session(graph).trace(random_vectors(graph, 1, 0)[0])
        model_sources(graph, ["armv7em", "generic"])
    except BitwrightError as error:
        assert str(error) and "\n" not in str(error), repr(str(error))
        return type(error).__name__
    return "served"


# -- bytes -------------------------------------------------------------------------------------------------------------


def structure(data: bytes) -> np.ndarray[Any, Any]:
    """Positions outside long runs that look like weights: where a change meets the format rather than a number."""
    import tflite

    kept = np.ones(len(data), bool)
    model = tflite.Model.GetRootAsModel(data, 0)
    for i in range(model.BuffersLength()):
        values = model.Buffers(i).DataAsNumpy()
        if model.Buffers(i).DataLength() > 64:
            start = data.find(values.tobytes())
            kept[start : start + values.size] = False
    return np.flatnonzero(kept)


def mutate_bytes(data: bytes, random: Random) -> bytes:
    """Cut, flip, overwrite, splice or grow; mostly in the structure, sometimes in the weights."""
    places = structure(data) if random.random() < 0.9 else np.arange(len(data))
    changed = bytearray(data)
    kind = random.integers(0, 6)
    if kind == 0:
        return bytes(changed[: int(random.integers(0, len(data)))])
    for _ in range(int(random.choice([1, 1, 1, 2, 3, 8]))):
        at = int(random.choice(places))
        if kind == 1:
            changed[at] ^= 1 << int(random.integers(0, 8))
        elif kind == 2:
            changed[at] = int(random.choice([0, 1, 2, 3, 4, 127, 128, 254, 255, random.integers(0, 256)]))
        elif kind == 3:
            word = int(random.choice([0, 1, -1, 2**31 - 1, -(2**31), 65536, 2**24, int(random.integers(-9, 99))]))
            at -= at % 4
            changed[at : at + 4] = word.to_bytes(4, "little", signed=True)
        else:
            source, count = int(random.choice(places)), int(random.choice([1, 4, 8, 32, 200]))
            part = data[source : source + count]
            if kind == 4:
                changed[at : at + len(part)] = part
            else:
                changed[at:at] = part
    return bytes(changed)


# -- graphs ------------------------------------------------------------------------------------------------------------


def mutate_graph(graph: Graph, random: Random) -> Graph:
    """A graph that is written without error but may mean anything."""
    for _ in range(int(random.integers(1, 4))):
        change: Callable[[Graph, Random], Graph] = random.choice(np.array(_CHANGES, object))
        graph = change(graph, random)
    return _repaired(graph) if random.random() < 0.7 else graph


def _repaired(graph: Graph) -> Graph:
    """Declared shapes that follow from the inputs' where they can, so that deeper checks are reached."""
    for node in graph.nodes:
        sources = [graph.tensors.get(name or "") for name in node.inputs]
        if node.op not in OPERATORS or any(source is None or source.elements > 2**20 for source in sources):
            continue
        try:
            shapes = OPERATORS[node.op].shapes(graph, node)
        except Exception:  # whatever is wrong with it, it is the loader that must find out
            continue
        for name, shape in zip(node.outputs, shapes, strict=False):
            graph = _with_tensor(graph, replace(graph.tensors[name], shape=tuple(shape)))
    return graph


def _pick(random: Random, items: Any) -> Any:
    items = list(items)
    return items[int(random.integers(0, len(items)))]


def _with_tensor(graph: Graph, tensor: Tensor) -> Graph:
    return replace(graph, tensors={**graph.tensors, tensor.name: tensor})


def _with_node(graph: Graph, old: Node, new: Node) -> Graph:
    return replace(graph, nodes=tuple(new if node is old else node for node in graph.nodes))


_SIZES = (1, 1, 2, 3, 4, 5, 7, 16, 255, 256, 4095, 4096, 65535, 65536, 2**20, 2**23, 2**31 - 1, 0, -1)
_SCALES = (0.0, -1.0, 1e-45, 1e-38, 1e-20, 1e-6, 0.003, 0.5, 1.0, 1e6, 1e20, 3.4e38, float("inf"), float("nan"))


def _change_shape(graph: Graph, random: Random) -> Graph:
    tensor = _pick(random, graph.tensors.values())
    shape = list(tensor.shape)
    kind = random.integers(0, 4)
    if kind == 0 and shape:
        shape[int(random.integers(0, len(shape)))] = int(_pick(random, _SIZES))
    elif kind == 1:
        shape.insert(int(random.integers(0, len(shape) + 1)), int(_pick(random, _SIZES[:8])))
    elif kind == 2 and shape:
        shape.pop(int(random.integers(0, len(shape))))
    else:
        shape = [int(size) for size in random.permutation(shape)]
    data = tensor.data
    if data is not None and np.prod(np.array(shape, float)) == data.size:
        data = data.reshape(shape)
    return _with_tensor(graph, replace(tensor, shape=tuple(shape), data=data))


def _change_shapes(graph: Graph, random: Random) -> Graph:
    """One size everywhere: shapes stay consistent more often."""
    sizes = {size for tensor in graph.tensors.values() for size in tensor.shape}
    old, new = _pick(random, sizes), int(_pick(random, _SIZES))
    tensors = {
        name: replace(tensor, shape=tuple(new if size == old else size for size in tensor.shape))
        if tensor.data is None
        else tensor
        for name, tensor in graph.tensors.items()
    }
    return replace(graph, tensors=tensors)


def _change_dtype(graph: Graph, random: Random) -> Graph:
    tensor = _pick(random, graph.tensors.values())
    dtype = _pick(random, DType)
    data = None if tensor.data is None else tensor.data.astype(dtype.numpy)
    return _with_tensor(graph, replace(tensor, dtype=dtype, data=data))


def _change_scale(graph: Graph, random: Random) -> Graph:
    tensor = _pick(random, graph.tensors.values())
    count = int(_pick(random, (0, 1, 1, 1, 2, tensor.shape[0] if tensor.shape else 1, tensor.shape[-1:] or 1)[:6]))
    if count == 0:
        return _with_tensor(graph, replace(tensor, quant=None))
    points = (int(_pick(random, (0, 0, 1, -1, -128, 127, 128, -32768, 2**31 - 1, -(2**31)))),) * count
    scales = tuple(float(np.float32(_pick(random, _SCALES))) for _ in range(count))
    return _with_tensor(graph, replace(tensor, quant=Quantization(scales, points, None if count == 1 else 0)))


def _change_data(graph: Graph, random: Random) -> Graph:
    constants = [tensor for tensor in graph.tensors.values() if tensor.data is not None]
    if not constants:
        return graph
    tensor = _pick(random, constants)
    kind, dtype = random.integers(0, 4), tensor.dtype.numpy
    if kind == 0 or dtype.kind not in "iu":
        return _with_tensor(graph, replace(tensor, data=None))
    info = np.iinfo(dtype)
    if kind == 1:
        data = np.full(tensor.shape, _pick(random, (info.min, info.max, 0)), dtype)
    elif kind == 2:
        data = random.integers(info.min, info.max, tensor.shape, dtype, endpoint=True)
    else:
        data = tensor.data.copy().reshape(-1)
        data[int(random.integers(0, data.size))] = max(info.min, min(info.max, int(_pick(random, _SIZES))))
        data = data.reshape(tensor.shape)
    return _with_tensor(graph, replace(tensor, data=data))


def _change_attribute(graph: Graph, random: Random) -> Graph:
    node = _pick(random, graph.nodes)
    options = [option for option in SCHEMA[node.op].options if option.attr in node.attrs]
    if not options:
        return graph
    option = _pick(random, options)

    def value() -> Any:
        if option.kind in ENUMS:
            return _pick(random, ENUMS[option.kind].values())
        if option.kind == "float":
            return float(np.float32(_pick(random, _SCALES)))
        if option.kind == "bool":
            return bool(random.integers(0, 2))
        if option.kind == "vector":
            return tuple(int(_pick(random, _SIZES)) for _ in range(int(random.integers(0, 10))))
        return int(_pick(random, _SIZES))

    new = value() if len(option.fields) == 1 else tuple(value() for _ in option.fields)
    return _with_node(graph, node, replace(node, attrs={**node.attrs, option.attr: new}))


def _change_operands(graph: Graph, random: Random) -> Graph:
    node = _pick(random, graph.nodes)
    kind, names = random.integers(0, 6), list(graph.tensors)
    inputs, outputs = list(node.inputs), list(node.outputs)
    if kind == 0 and inputs:
        inputs[int(random.integers(0, len(inputs)))] = _pick(random, names)
    elif kind == 1 and inputs:
        inputs.pop(int(random.integers(0, len(inputs))))
    elif kind == 2:
        inputs.insert(int(random.integers(0, len(inputs) + 1)), _pick(random, [*names, None]))
    elif kind == 3 and outputs:
        outputs[int(random.integers(0, len(outputs)))] = _pick(random, names)
    elif kind == 4:
        outputs.append(_pick(random, names))
    elif outputs:
        outputs.pop()
    return _with_node(graph, node, replace(node, inputs=tuple(inputs), outputs=tuple(outputs)))


def _change_operator(graph: Graph, random: Random) -> Graph:
    """Another operator on the same operands, with some options."""
    node = _pick(random, graph.nodes)
    op = _pick(random, set(SCHEMA) - {"VAR_HANDLE", "CALL_ONCE", "READ_VARIABLE", "ASSIGN_VARIABLE"})
    defaults: dict[str, Any] = {"int": 1, "bool": False, "float": 1.0, "vector": ()}
    attrs = {}
    for option in SCHEMA[op].options:
        one = next(iter(ENUMS[option.kind].values())) if option.kind in ENUMS else defaults[option.kind]
        attrs[option.attr] = one if len(option.fields) == 1 else (one,) * len(option.fields)
    return _with_node(graph, node, replace(node, op=op, attrs={**attrs, **node.attrs}))


def _change_order(graph: Graph, random: Random) -> Graph:
    nodes = list(graph.nodes)
    kind, at = random.integers(0, 3), int(random.integers(0, len(nodes)))
    if kind == 0:
        nodes.insert(int(random.integers(0, len(nodes))), nodes.pop(at))
    elif kind == 1 and len(nodes) > 1:
        nodes.pop(at)
    else:
        nodes.insert(at, replace(nodes[at], name=f"{nodes[at].name}_again"))
    return replace(graph, nodes=tuple(nodes))


def _change_ports(graph: Graph, random: Random) -> Graph:
    inputs, outputs = list(graph.inputs), list(graph.outputs)
    ports = _pick(random, (inputs, outputs))
    if ports and random.random() < 0.5:
        ports.pop(int(random.integers(0, len(ports))))
    else:
        ports.append(_pick(random, graph.tensors))
    return replace(graph, inputs=tuple(inputs), outputs=tuple(outputs))


_CHANGES = (
    _change_shape, _change_shapes, _change_shapes, _change_dtype, _change_scale, _change_scale, _change_data,
    _change_data, _change_attribute, _change_attribute, _change_attribute, _change_operands, _change_operator,
    _change_operator, _change_order, _change_ports,
)  # fmt: skip


def mutation(data: bytes, kind: str, seed: int, index: int) -> bytes:
    """The mutation of that number; the same in every process."""
    random = np.random.default_rng([seed, index])
    if kind == "bytes":
        return mutate_bytes(data, random)
    graph = mutate_graph(read_tflite(data, "model"), random)
    if kind == "native":
        return write_native(graph)
    # Not write_tflite, which would give the graph a form that TFLite takes.
    return writer._Writer(graph).write()


def main(path: str, kind: str, seed: int, first: int, last: int) -> None:
    """Work through some mutations."""
    warnings.simplefilter("error")
    data = Path(path).read_bytes()
    exercise(data)
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    for index in range(first, last):
        try:
            mutated = mutation(data, kind, seed, index)
        except Exception:  # nothing that a file could hold
            continue
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        started = time.monotonic()
        print(index, end=" ", flush=True)
        print(exercise(mutated), f"{time.monotonic() - started:.2f}", flush=True)
        faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]))
