"""Program to C text: fills the templates; every number in them is decided elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from numpy.typing import NDArray

from ..converter.ir import DType, Tensor
from .program import Layer, Program, written

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """The Jinja environment of all templates."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def c_type(dtype: np.dtype[Any]) -> str:
    """The C99 type of an integer numpy dtype."""
    return f"{dtype.name}_t"


def c_number(value: int) -> str:
    """An integer literal without an out-of-range intermediate."""
    if value == -(2**31):
        return "INT32_MIN"
    if value == -(2**63):
        return "INT64_MIN"
    if not -(2**31) <= value < 2**31:
        return f"INT64_C({value})"
    return str(value)


def identifier(text: str) -> str:
    """A C identifier that resembles the text."""
    cleaned = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower()
    return f"m_{cleaned}" if not cleaned or cleaned[0].isdigit() else cleaned


def comment(text: str) -> str:
    """Text made harmless inside a C comment."""
    return re.sub(r"[^\x20-\x7e]", "?", text).replace("*/", "* /").replace("/*", "/ *")


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
    def size(self) -> int:
        """Number of elements."""
        return max(1, int(self.data.size))

    @property
    def rows(self) -> list[str]:
        """The elements as lines of source text."""
        numbers = [c_number(v) for v in self.data.reshape(-1).tolist()] or ["0"]
        per_line = 20 if self.data.itemsize == 1 else 12 if self.data.itemsize == 2 else 8
        return [", ".join(numbers[i : i + per_line]) for i in range(0, len(numbers), per_line)]


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
class CLayer:
    """What the template needs of one layer."""

    index: int
    title: str
    struct: str
    fields: tuple[tuple[str, str], ...]
    call: str
    traces: tuple[tuple[int, str, int], ...]


def c_layers(program: Program, pool: ConstantPool) -> list[CLayer]:
    """Every layer as C source fragments; constant arrays go into the pool."""
    return [_c_layer(program, layer, pool) for layer in program.layers]


def _c_layer(program: Program, layer: Layer, pool: ConstantPool) -> CLayer:
    graph, node, call = program.graph, layer.node, layer.call
    prefix = f"{layer.index:02d}_{node.op.lower()}"
    fields = tuple((name, _c_field(f"{prefix}_{name}", value, pool)) for name, value in call.params.items())
    pointers = [_operand(program, layer, i, pool) for i in call.operands]
    outputs = [_address(program, name, const=False) for name in node.outputs]
    variable = node.attrs.get("variable")
    if variable is not None and node.op == "READ_VARIABLE":
        pointers = [f"{pool.name}_state.{identifier(variable)}"]
    elif variable is not None:
        outputs = [f"{pool.name}_state.{identifier(variable)}"]
    if call.gather_operands:
        pointers = [f"(const void *const[]){{{', '.join(pointers)}}}"]
    if call.scatter_outputs:
        outputs = [f"(void *const[]){{{', '.join(outputs)}}}"]
    arguments = [f"&layer_{layer.index:02d}"] if fields else []
    arguments += pointers + outputs
    if call.scratch is not None:
        arguments.append(f"arena + {program.scratch.get(layer.index, 0)}")
    return CLayer(
        index=layer.index,
        title=comment(_title(program, layer)),
        struct=f"{call.function}_params" if fields else "",
        fields=fields,
        call="" if layer.elided else f"{call.function}({', '.join(arguments)});",
        traces=tuple(
            (
                layer.point + i,
                _address(program, name, const=True) if node.outputs else outputs[i],
                graph.tensor(name).bytes,
            )
            for i, name in enumerate(written(node))
        ),
    )


def _title(program: Program, layer: Layer) -> str:
    graph, node = program.graph, layer.node

    def shape(name: str) -> str:
        return "x".join(map(str, graph.tensor(name).shape)) or "scalar"

    sources = ", ".join(shape(name) for name in node.inputs if name is not None and not graph.tensor(name).is_constant)
    targets = ", ".join(shape(name) for name in node.outputs)
    work = f", {layer.macs} MACs" if layer.macs else ""
    return f"{node.op} {sources} -> {targets}{work}"


def _c_field(symbol: str, value: Any, pool: ConstantPool) -> str:
    if isinstance(value, np.ndarray):
        return pool.add(symbol, value)
    if isinstance(value, Mapping):
        inner = (f".{name} = {_c_field(f'{symbol}_{name}', field, pool)}" for name, field in value.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, tuple):
        return "{" + ", ".join(c_number(int(v)) for v in value) + "}"
    return c_number(int(value))


def _operand(program: Program, layer: Layer, index: int, pool: ConstantPool) -> str:
    name = layer.node.inputs[index]
    assert name is not None
    tensor = program.graph.tensor(name)
    if tensor.data is not None:
        return pool.add(f"{layer.index:02d}_input_{index}", np.ascontiguousarray(tensor.data))
    return _address(program, name, const=True)


def _address(program: Program, name: str, const: bool) -> str:
    return address(program.graph.tensor(name), program.offsets[name], const)


def address(tensor: Tensor, offset: int, const: bool) -> str:
    """The C expression for a tensor's place in the arena."""
    place = f"arena + {offset}" if offset else "arena"
    if tensor.dtype is DType.UINT8:
        return place
    qualifier = "const " if const else ""
    return f"({qualifier}{c_type(tensor.dtype.numpy)} *)(void *)({place})"
