"""Bitwright's own model file, ``.bwq``: a graph as a zip of JSON and arrays. docs/format.md describes it.

Version 1 is stable: later versions of Bitwright read it.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import BitwrightError, ModelError
from .form import check_form
from .ir import Array, DType, Edge, Graph, Node, Quantization, Rounding, Tensor, Variable, check
from .limits import MOST_CONSTANTS, check_size

FORMAT = "bitwright-model"
VERSION = 1
_GRAPH = "graph.json"
_JUDGEMENT = "judgement.json"
#: Zip members carry this date, so that equal graphs give equal bytes.
_DATE = (2000, 1, 1, 0, 0, 0)


def is_native(data: bytes) -> bool:
    """Whether a file looks like a zip, as ``.bwq`` files are."""
    return data[:4] == b"PK\x03\x04"


def write_native(graph: Graph, judgement: Mapping[str, Any] | None = None) -> bytes:
    """The graph as a ``.bwq`` file.

    Args:
        judgement: what quantization cost (``Judgement.to_json()``), kept for reports.
    """
    arrays: list[Array] = []
    document = {
        "format": FORMAT,
        "version": VERSION,
        "name": graph.name,
        "digest": graph.digest,
        "inputs": list(graph.inputs),
        "outputs": list(graph.outputs),
        "tensors": [_tensor_out(tensor, arrays) for tensor in graph.tensors.values()],
        "nodes": [_node_out(node) for node in graph.nodes],
        "variables": [
            _tensor_out(Tensor(name, v.initial.shape, DType(v.initial.dtype.name), v.quant, v.initial), arrays)
            for name, v in graph.variables.items()
        ],
        "edges": [
            {"name": name, "dtype": edge.dtype.value, "permutation": edge.permutation}
            for name, edge in graph.edges.items()
        ],
    }
    if graph.stride:
        document["stride"] = graph.stride
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        _member(file, _GRAPH, (json.dumps(document, indent=1) + "\n").encode())
        for index, array in enumerate(arrays):
            little = array.astype(array.dtype.newbyteorder("<"))
            _member(file, f"arrays/{index}", np.ascontiguousarray(little).tobytes())
        if judgement is not None:
            _member(file, _JUDGEMENT, (json.dumps(judgement, indent=1) + "\n").encode())
    return buffer.getvalue()


def read_native(data: bytes, name: str) -> Graph:
    """The graph of a ``.bwq`` file. Raises ModelError: damaged, of another version, or inconsistent."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            document = json.loads(_content(file, _GRAPH, name))
            return check(check_form(check_size(_graph_in(document, file, name))))
    except BitwrightError:
        raise
    except Exception as error:  # zipfile, zlib, json and numpy raise many kinds on damaged bytes
        raise ModelError(f"'{name}' is damaged ({type(error).__name__}: {error})") from error


def read_judgement(data: bytes, name: str) -> dict[str, Any] | None:
    """What quantization cost, where the file says it. Raises ModelError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            if _JUDGEMENT not in file.namelist():
                return None
            content: dict[str, Any] = json.loads(_content(file, _JUDGEMENT, name))
            return content
    except BitwrightError:
        raise
    except Exception as error:
        raise ModelError(f"'{name}' is damaged ({type(error).__name__}: {error})") from error


def _member(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    file.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED)


def _content(file: zipfile.ZipFile, member: str, name: str) -> bytes:
    """A member's bytes, refused before it is unpacked where it claims too many."""
    try:
        size = file.getinfo(member).file_size
    except KeyError:
        raise ModelError(f"'{name}' is not a Bitwright model: it holds no {member}") from None
    if size > MOST_CONSTANTS:
        raise ModelError(f"'{name}': {member} claims {size} bytes; up to {MOST_CONSTANTS} are read")
    return file.read(member)


# -- to JSON --------------------------------------------------------------------------------------------------------


def _array_out(array: Array, arrays: list[Array]) -> int:
    arrays.append(array)
    return len(arrays) - 1


def _quant_out(quant: Quantization | None) -> dict[str, Any] | None:
    if quant is None:
        return None
    return {"scale": list(quant.scale), "zero_point": list(quant.zero_point), "axis": quant.axis}


def _tensor_out(tensor: Tensor, arrays: list[Array]) -> dict[str, Any]:
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "dtype": tensor.dtype.value,
        "quant": _quant_out(tensor.quant),
        "data": None if tensor.data is None else _array_out(tensor.data, arrays),
    }


def _node_out(node: Node) -> dict[str, Any]:
    return {
        "name": node.name,
        "op": node.op,
        "inputs": list(node.inputs),
        "outputs": list(node.outputs),
        "attrs": {key: _value_out(value) for key, value in node.attrs.items()},
        "rounding": node.rounding.value,
    }


def _value_out(value: Any) -> Any:
    if isinstance(value, DType):
        return {"dtype": value.value}
    if isinstance(value, tuple | list):
        return [_value_out(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


# -- from JSON ------------------------------------------------------------------------------------------------------


def _graph_in(document: Any, file: zipfile.ZipFile, name: str) -> Graph:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ModelError(f"'{name}' is not a Bitwright model")
    if document.get("version") != VERSION:
        raise ModelError(
            f"'{name}' is of format version {document.get('version')}; this Bitwright reads {VERSION}: update it"
        )
    if sum(info.file_size for info in file.infolist()) > 2 * MOST_CONSTANTS:
        raise ModelError(f"'{name}' claims more bytes than are read ({2 * MOST_CONSTANTS})")
    tensors = [_tensor_in(entry, file, name) for entry in document["tensors"]]
    variables = {}
    for tensor in (_tensor_in(entry, file, name) for entry in document["variables"]):
        variables[tensor.name] = Variable(tensor.name, tensor.value(), tensor.quant)
    if len({tensor.name for tensor in tensors}) != len(tensors):
        raise ModelError(f"'{name}': two tensors have one name")
    return Graph(
        name=str(document["name"]),
        tensors={tensor.name: tensor for tensor in tensors},
        nodes=tuple(_node_in(entry) for entry in document["nodes"]),
        inputs=tuple(map(str, document["inputs"])),
        outputs=tuple(map(str, document["outputs"])),
        variables=variables,
        edges={str(e["name"]): Edge(DType(e["dtype"]), _tuple_in(e["permutation"])) for e in document["edges"]},
        digest=str(document["digest"]),
        stride=int(document.get("stride", 0)),
    )


def _quant_in(entry: Any) -> Quantization | None:
    if entry is None:
        return None
    scale = tuple(float(np.float32(value)) for value in entry["scale"])
    points = tuple(int(value) for value in entry["zero_point"])
    if not scale or len(points) != len(scale) or not all(math.isfinite(s) and s > 0 for s in scale):
        raise ModelError("scales must be finite and positive, one per zero point")
    return Quantization(scale, points, None if entry["axis"] is None else int(entry["axis"]))


def _tensor_in(entry: Any, file: zipfile.ZipFile, name: str) -> Tensor:
    shape, dtype, data = tuple(int(size) for size in entry["shape"]), DType(entry["dtype"]), None
    if any(size < 1 for size in shape):
        raise ModelError(f"'{name}': tensor '{entry['name']}' has shape {list(shape)}")
    if entry["data"] is not None:
        content = _content(file, f"arrays/{int(entry['data'])}", name)
        need = math.prod(shape) * dtype.bytes
        if len(content) != need:
            raise ModelError(f"'{name}': tensor '{entry['name']}' needs {need} bytes, its array has {len(content)}")
        data = np.frombuffer(content, dtype.numpy.newbyteorder("<")).astype(dtype.numpy).reshape(shape)
    return Tensor(str(entry["name"]), shape, dtype, _quant_in(entry["quant"]), data)


def _node_in(entry: Any) -> Node:
    inputs = tuple(None if source is None else str(source) for source in entry["inputs"])
    attrs = {str(key): _value_in(value) for key, value in entry["attrs"].items()}
    outputs = tuple(map(str, entry["outputs"]))
    return Node(str(entry["name"]), str(entry["op"]), inputs, outputs, attrs, Rounding(entry["rounding"]))


def _value_in(value: Any) -> Any:
    if isinstance(value, dict):
        return DType(value["dtype"])
    if isinstance(value, list):
        return tuple(_value_in(item) for item in value)
    return value


def _tuple_in(values: Any) -> tuple[int, ...] | None:
    return None if values is None else tuple(int(value) for value in values)
