"""Program to C text: fills the templates; every number in them is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from numpy.typing import NDArray

from ..converter.ir import Graph, Node
from .kernels.call import KernelCall
from .program import Layer, Program, written
from .text import (
    c_literal,
    c_number,
    c_type,
    comment,
    comment_block,
    fill,
    grouped,
    identifiers,
    initializer,
    short_function,
)

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """The Jinja environment of all templates."""
    result = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    result.filters |= {"fill": fill, "grouped": grouped, "short_function": short_function}
    return result


@dataclass(frozen=True, eq=False)
class ConstantArray:
    """A named ``const`` array of the generated constants file."""

    symbol: str
    data: NDArray[Any]

    @property
    def c_type(self) -> str:
        """Element type in C."""
        return c_type(self.data.dtype)

    @property
    def attribute(self) -> str:
        """Kernels read a word of small elements at a time; without being told, not every compiler aligns them so."""
        return " __attribute__((aligned(4)))" if self.data.itemsize < 4 else ""

    @property
    def size(self) -> int:
        """Number of elements."""
        return max(1, int(self.data.size))

    @property
    def rows(self) -> Iterator[str]:
        """The elements as lines of source text."""
        values = self.data.reshape(-1) if self.data.size else np.zeros(1, self.data.dtype)
        per_line = {1: 16, 2: 12, 4: 8}.get(self.data.itemsize, 3)
        for i in range(0, values.size, per_line):
            yield ", ".join(map(c_literal, values[i : i + per_line].tolist()))


class ConstantPool:
    """Names constant arrays; equal arrays are stored once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.arrays: list[ConstantArray] = []
        self._known: dict[tuple[str, bytes], str] = {}

    def add(self, suffix: str, data: NDArray[Any]) -> str:
        """The symbol of an array of that content."""
        key = (data.dtype.name, data.tobytes())
        if key not in self._known:
            self._known[key] = f"{self.name}_{suffix}"
            self.arrays.append(ConstantArray(self._known[key], data))
        return self._known[key]


@dataclass(frozen=True)
class CStruct:
    """Constant parameters of a call: ``static const kind symbol = {fields}``, below a comment."""

    comment: str
    kind: str
    symbol: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class CBlock:
    """What the template needs of one layer, or of several that are fused.

    Attributes:
        heading: the comment above the code.
        structs: parameters of its calls.
        code: statements, with the trace of every tensor that they write; empty where nothing is executed or written.
        executes: whether there is more than the trace, which is left out of a product.
    """

    heading: str
    structs: tuple[CStruct, ...]
    code: str
    executes: bool = True


def c_layer(program: Program, layer: Layer, pool: ConstantPool) -> CBlock:
    """A layer that is executed by itself as C source fragments; constant arrays go into the pool."""
    node = layer.node
    structs = () if layer.elided else c_structs(layer, f"layer_{layer.index:02d}", comment(node.name), layer.call, pool)
    sources, targets = _pointers(program, layer, pool)
    written_at = [address(program, name, "const void") for name in node.outputs] or targets
    scratch = program.scratch.get(layer.index, 0)
    symbol = f"layer_{layer.index:02d}"
    guard = "if (bw_core_id() == 0) " if program.cores > 1 and layer.call.cores == "one" else ""
    lines = [] if layer.elided else [statement(layer.call, symbol, sources, targets, scratch, guard=guard)]
    if program.cores > 1 and lines:
        lines.append("    bw_barrier();")
    lines += [
        trace(layer.point + i, written_at[i], program.graph.tensor(name).bytes) for i, name in enumerate(written(node))
    ]
    return CBlock(_heading(program, layer), structs, "\n".join(lines), not layer.elided)


def c_structs(layer: Layer, symbol: str, comment: str, call: KernelCall, pool: ConstantPool) -> tuple[CStruct, ...]:
    """The parameters of a call; none where it takes none."""
    prefix = f"{layer.index:02d}_{layer.node.op.lower()}"
    fields = {name: _c_field(f"{prefix}_{name}", value, pool) for name, value in call.params.items()}
    texts = tuple(initializer(name, value, 4) for name, value in fields.items())
    heading = f"{layer.index:02d} {comment}"
    return (CStruct(heading, f"{call.function}_params", symbol, texts),) if fields else ()


def trace(point: int, place: str, size: int, indent: int = 4) -> str:
    """The statement that hands a tensor, or a part of one, to the trace."""
    return f"{' ' * indent}TRACE({point}, {place}, {size});"


def variable_fields(graph: Graph) -> dict[str, str]:
    """Streaming variable -> its field in the state struct."""
    return identifiers(graph.variables)


def statement(
    call: KernelCall,
    symbol: str,
    sources: list[str],
    targets: list[str],
    scratch: int,
    indent: int = 4,
    guard: str = "",
) -> str:
    """The call; arrays of pointers get a block of their own, so that their stack serves other layers, too.

    Args:
        symbol: of its parameters; scratch: offset in the arena; guard: what comes before a block of the call.
    """
    pad = " " * indent
    arrays = []
    if call.gather_operands:
        arrays.append(fill(f"{pad}    const void *const inputs[] = {{", sources, "};"))
        sources = ["inputs"]
    if call.scatter_outputs:
        arrays.append(fill(f"{pad}    void *const outputs[] = {{", targets, "};"))
        targets = ["outputs"]
    arguments = [f"&{symbol}"] if call.params else []
    arguments += sources + targets
    if call.scratch is not None:
        arguments.append(f"AT(void, {scratch})")
    if not arrays and not guard:
        return fill(f"{pad}{call.function}(", arguments, ");")
    return "\n".join([f"{pad}{guard}{{", *arrays, fill(f"{pad}    {call.function}(", arguments, ");"), f"{pad}}}"])


def _pointers(program: Program, layer: Layer, pool: ConstantPool) -> tuple[list[str], list[str]]:
    """The C expressions of a call's operands and outputs; a streaming variable stands for what a node lacks, and states
    come after the outputs."""
    node, call = layer.node, layer.call
    sources = [_operand(program, layer, index, pool) for index in call.operands]
    targets = [address(program, name, "void" if call.scatter_outputs else "") for name in node.outputs]
    variable = node.attrs.get("variable")
    if variable is not None:
        state = f"{pool.name}_state.{variable_fields(program.graph)[variable]}"
        if not node.inputs:  # READ_VARIABLE
            sources = [state]
        else:
            targets = [state]
    fields = variable_fields(program.graph)
    return sources, targets + [f"{pool.name}_state.{fields[name]}" for name in node.states]


def _operand(program: Program, layer: Layer, index: int, pool: ConstantPool) -> str:
    name = layer.node.inputs[index]
    assert name is not None
    tensor = program.graph.tensor(name)
    if tensor.data is not None:
        return pool.add(f"{layer.index:02d}_input_{index}", stored(tensor.data))
    c = "void" if layer.call.gather_operands else c_type(tensor.dtype.numpy)
    return address(program, name, f"const {c}")


def stored(data: NDArray[Any]) -> NDArray[Any]:
    """A constant as C keeps it: float16 as its bits."""
    return np.ascontiguousarray(data.view(np.uint16) if data.dtype == np.float16 else data)


def address(program: Program, name: str, c: str = "") -> str:
    """A tensor's place in the arena as a pointer to a C type, its own where none is given."""
    return f"AT({c or c_type(program.graph.tensor(name).dtype.numpy)}, {program.offsets[name]})"


def _c_field(symbol: str, value: Any, pool: ConstantPool) -> str | dict[str, Any]:
    if isinstance(value, np.ndarray):
        return pool.add(symbol, value)
    if isinstance(value, Mapping):
        return {name: _c_field(f"{symbol}_{name}", inner, pool) for name, inner in value.items()}
    if isinstance(value, tuple):
        return "{" + ", ".join(c_number(int(v)) for v in value) + "}"
    return value if isinstance(value, str) else c_literal(value)


def layer_title(program: Program, layer: Layer) -> str:
    """What the layer does: index, name, operator, shapes and multiply-accumulates."""
    graph, node = program.graph, layer.node

    def shape(name: str) -> str:
        return "x".join(map(str, graph.tensor(name).shape)) or "scalar"

    state = [variable_fields(graph)[node.attrs["variable"]]] if "variable" in node.attrs else []
    sources, targets = list(map(shape, _images(graph, node))) or state, list(map(shape, node.outputs)) or state
    work = f", {grouped(layer.macs)} MACs" if layer.macs else ""
    shapes = f"{', '.join(sources)} -> {', '.join(targets)}"
    return f"{layer.index:02d} {comment(node.name)}: {node.op}, {shapes}{work}."


def _images(graph: Graph, node: Node) -> list[str]:
    return [name for name in node.inputs if name is not None and not graph.tensor(name).is_constant]


def _heading(program: Program, layer: Layer) -> str:
    """What the layer does, where its tensors stand in the arena, and which of them share bytes."""
    node, names = layer.node, _images(program.graph, layer.node)
    parts = [f"in {', '.join(span(program, name) for name in dict.fromkeys(names))}"] if names else []
    parts += [f"out {', '.join(span(program, name) for name in node.outputs)}"] if node.outputs else []
    parts += [shared] if (shared := _sharing(program, layer, names)) else []
    if layer.call.scratch:
        start = program.scratch[layer.index]
        parts.append(f"scratch [{start}, {start + layer.call.scratch})")
    return comment_block([layer_title(program, layer), f"Arena: {'; '.join(parts)}."], indent=4)


def span(program: Program, name: str) -> str:
    """The bytes of the arena that a whole tensor takes."""
    start = program.offsets[name]
    return f"[{start}, {start + program.graph.tensor(name).bytes})"


def _sharing(program: Program, layer: Layer, names: list[str]) -> str:
    """How the outputs share bytes with the inputs."""
    if layer.elided:
        return "the same bytes, nothing to do"
    graph = program.graph

    def taken(name: str) -> range:
        return range(program.offsets[name], program.offsets[name] + graph.tensor(name).bytes)

    pairs = [(taken(a), taken(b)) for a in names for b in layer.node.outputs]
    if any(a == b for a, b in pairs):
        return "in place"
    most = max((min(a.stop, b.stop) - max(a.start, b.start) for a, b in pairs), default=0)
    return f"{grouped(most)} bytes shared" if most > 0 else ""
