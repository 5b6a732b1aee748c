"""The test firmware without a machine: as a coroutine of this process, in which a conversation costs no real time."""

from __future__ import annotations

import _ctypes
import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from bitwright.converter.ir import DType, Graph, Node, Variable, check
from bitwright.converter.load import from_bytes
from bitwright.converter.native import write_native
from bitwright.converter.ops import OPERATORS
from bitwright.targets.build import compile_flags
from bitwright.targets.image import Image, built
from bitwright.targets.target import find_target
from single import activation, constant

_ROOM = 1 << 20
#: Bytes of a tensor in one frame: few, so that most tensors take several.
CHUNK = 64
#: The fully connected layer of both networks, whose weights are changed.
DENSE = 5


class Board:
    """A firmware in this process, of which there may be several."""

    def __init__(self, library: Path) -> None:
        handle, path = tempfile.mkstemp(dir=library.parent)  # a file of its own, loaded by nobody else
        os.close(handle)
        self._path = shutil.copy(library, path)
        self._answers = (ctypes.c_uint8 * _ROOM)()
        self._load()

    def _load(self) -> None:
        self._library = ctypes.CDLL(self._path)
        assert ctypes.c_int.in_dll(self._library, "started").value == 0
        self._library.feed.restype = ctypes.c_size_t
        self._library.feed.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t]

    def feed(self, data: bytes) -> bytes:
        """What the firmware answers to these bytes."""
        count = self._library.feed(data, len(data), self._answers, _ROOM)
        return bytes(memoryview(self._answers)[:count])

    def reset(self) -> None:
        """All of its memory is as it was at the start."""
        self.close()
        self._load()

    def close(self) -> None:
        """Unload the firmware."""
        _ctypes.dlclose(self._library._handle)


def library(image: Image, name: str = "board", main: Callable[[str], str] = str) -> Path:
    """The image's project as a shared library with the coroutine's platform; ``main`` may change bw_main.c's text."""
    project = image.elf.parent.parent
    shutil.copy(Path(__file__).with_name("coroutine.c"), project)
    sources = [p for f in ("bitwright", "src", "harness") for p in sorted((project / f).glob("*.c"))]
    sources = [path for path in sources if path.name not in ("host.c", "bw_main.c")]
    sources.append(project / f"{name}_main.c")
    sources[-1].write_text(main((project / "harness" / "bw_main.c").read_text()))
    flags = [*compile_flags(image.target), "-fPIC", "-shared", f"-DBW_CHUNK={CHUNK}", "-DBW_TRACE"]
    flags += ["-Dmain=firmware_main", *(f"-I{folder}" for folder in ("include", "src", "bitwright", "harness"))]
    output = project / "build" / f"{name}.so"
    command = ["gcc", *flags, *map(str, sources), "coroutine.c", "-o", str(output)]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return output


def with_changed_bit(image: Image, program: Path, layer: int = DENSE) -> Path:
    """A copy of a program with one bit of one weight of a layer changed."""
    arrays = [array for array in image.model.context["arrays"] if f"_{layer:02d}_" in array.symbol]
    pattern, data = max((array.data for array in arrays), key=lambda d: d.nbytes).tobytes(), program.read_bytes()
    assert data.count(pattern) == 1
    changed = bytearray(data)
    changed[data.find(pattern) + len(pattern) // 2] ^= 0x10
    copy = program.with_name(f"changed-{program.name}")
    copy.write_bytes(changed)
    shutil.copymode(program, copy)
    return copy


@contextmanager
def built_on_host(graph: Graph) -> Iterator[Image]:
    """An image for this computer."""
    with built(graph, find_target("host")) as image:
        yield image


def streaming() -> Graph:
    """A network with state: a layer over the last four frames."""
    rng = np.random.default_rng(3)
    frames = activation("frames", (1, 4, 4), 0.05, 3)
    initial = rng.integers(-128, 127, (1, 4, 4), endpoint=True).astype(np.int8)
    tensors = [
        activation("x", (1, 1, 4), 0.05, 3),
        constant("begin", np.array([0, 1, 0], np.int32)),
        constant("size", np.array([-1, -1, -1], np.int32)),
        constant("w", rng.integers(-127, 127, (8, 16), endpoint=True).astype(np.int8), [0.01]),
        constant("b", rng.integers(-999, 999, 8).astype(np.int32), [0.01 * 0.05]),
        *(activation(name, (), 0.05, 3) for name in ("old", "kept", "new", "flat")),
        activation("y", (), 0.2, 0),
        constant("shape", np.array([1, 16], np.int32)),
    ]
    nodes = [
        Node("read", "READ_VARIABLE", (), ("old",), {"variable": "frames"}),
        Node("cut", "SLICE", ("old", "begin", "size"), ("kept",), {}),
        Node("join", "CONCATENATION", ("kept", "x"), ("new",), {"axis": 1, "activation": "NONE"}),
        Node("assign", "ASSIGN_VARIABLE", ("new",), (), {"variable": "frames"}),
        Node("flatten", "RESHAPE", ("new", "shape"), ("flat",), {}),
        Node("dense", "FULLY_CONNECTED", ("flat", "w", "b"), ("y",), {"activation": "NONE", "keep_num_dims": False}),
    ]
    variables = {"frames": Variable("frames", initial, frames.quant)}
    shaped = {tensor.name: tensor for tensor in tensors}
    for index, node in enumerate(nodes):
        graph = Graph("stream", shaped, tuple(nodes[: index + 1]), ("x",), (), variables)
        for name, shape in zip(node.outputs, OPERATORS[node.op].shapes(graph, node), strict=True):
            old = shaped[name]
            shaped[name] = activation(name, shape, old.quant.scale[0], old.quant.zero_point[0], DType.INT8)  # type: ignore[union-attr]
    graph = check(Graph("stream", shaped, tuple(nodes), ("x",), ("y",), variables))
    return from_bytes(write_native(graph), "stream")
