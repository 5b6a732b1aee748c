"""Small applications around generated projects: written, built with CMake, and run on this computer."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bitwright.codegen.project import ModelSources
from bitwright.converter.ir import DType, Graph, Node, Quantization, Tensor, Variable, check
from bitwright.converter.reference import Session
from jinja2 import Template
from numpy.typing import NDArray

Vectors = Sequence[Sequence[NDArray[Any]]]

#: A program, valid C and C++, that reads vectors from a file and writes every output to another. Each vector goes
#: through NAME_invoke, then NAME_run, then NAME_run_in with an arena that all models share. The file is read twice,
#: with the streaming state reset in between. Shapes, scales and zero points are printed.
APPLICATION = Template(
    """\
#include <stdint.h>
#include <stdio.h>
#include <string.h>
{% for model in models %}
#include "{{ model.name }}.h"
{% endfor %}

static union {
    int64_t alignment;
{% for model in models %}
    uint8_t {{ model.name }}[{{ model.upper }}_ARENA_BYTES];
{% endfor %}
    uint8_t bytes[1];
} shared;

{% for model in models %}
{% for io in model.interface %}
static {{ io.c_type }} my_{{ model.name }}_{{ io.argument }}[{{ io.macro }}_ELEMENTS];
static const int {{ model.name }}_{{ io.argument }}_shape[] = {{ io.macro }}_SHAPE;
{% endfor %}
{% endfor %}

/* One vector of every model; 0 at the end of the file. */
static int step(FILE *from, FILE *to) {
{% for model in models %}
{% set inputs = model.interface | selectattr("role", "equalto", "input") | list %}
{% set outputs = model.interface | selectattr("role", "equalto", "output") | list %}
{% for io in inputs %}
    if (fread(my_{{ model.name }}_{{ io.argument }}, 1, {{ io.macro }}_BYTES, from) != {{ io.macro }}_BYTES) {
        return 0;
    }
{% endfor %}
    {{ model.name }}_invoke(
    {%- for io in model.interface %}{{ "" if loop.first else ", " }}my_{{ model.name }}_{{ io.argument }}{% endfor %});
{% for io in outputs %}
    fwrite(my_{{ model.name }}_{{ io.argument }}, 1, {{ io.macro }}_BYTES, to);
{% endfor %}
{% for io in inputs %}
    memcpy({{ model.name }}_{{ io.argument }}(), my_{{ model.name }}_{{ io.argument }}, {{ io.macro }}_BYTES);
{% endfor %}
    {{ model.name }}_run();
{% for io in outputs %}
    fwrite({{ model.name }}_{{ io.argument }}(), 1, {{ io.macro }}_BYTES, to);
{% endfor %}
    memset(&shared, 0xA5, sizeof shared);
{% for io in inputs %}
    memcpy(shared.bytes + {{ io.macro }}_OFFSET, my_{{ model.name }}_{{ io.argument }}, {{ io.macro }}_BYTES);
{% endfor %}
    {{ model.name }}_run_in(shared.bytes);
{% for io in outputs %}
    fwrite(shared.bytes + {{ io.macro }}_OFFSET, 1, {{ io.macro }}_BYTES, to);
{% endfor %}
{% endfor %}
    return 1;
}

int main(int argc, char **argv) {
    FILE *to = argc == 3 ? fopen(argv[2], "wb") : NULL;
    if (to == NULL) {
        return 1;
    }
    for (int pass = 0; pass < 2; ++pass) {
        FILE *from = fopen(argv[1], "rb");
        if (from == NULL) {
            return 1;
        }
{% for model in models if model.stateful %}
        {{ model.name }}_reset();
{% endfor %}
        while (step(from, to)) {
        }
        fclose(from);
    }
    fclose(to);
{% for model in models %}
{% for io in model.interface %}
    printf("%d", (int)(sizeof {{ model.name }}_{{ io.argument }}_shape / sizeof(int)));
    for (int i = 0; i < {{ io.macro }}_RANK; ++i) {
        printf(" %d", {{ model.name }}_{{ io.argument }}_shape[i]);
    }
{% if io.scale is not none %}
    printf(" %.9g %d", (double){{ io.macro }}_SCALE, (int){{ io.macro }}_ZERO_POINT);
{% endif %}
    printf("\\n");
{% endfor %}
{% endfor %}
    return 0;
}
""",
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)

CMAKE = Template(
    """\
cmake_minimum_required(VERSION 3.16)
project(application LANGUAGES C{{ " CXX" if cxx }})
add_compile_options(-Wall -Wextra -Wpedantic -Werror -ffunction-sections -fdata-sections)
{% for model in models %}
add_subdirectory({{ model.name }})
{% endfor %}
add_executable(application_c main.c)
target_link_libraries(application_c PRIVATE {% for model in models %} {{ model.name }}{% endfor %})
{% if cxx %}
add_executable(application_cxx main.cpp)
target_compile_features(application_cxx PRIVATE cxx_std_17)
target_link_libraries(application_cxx PRIVATE {% for model in models %} {{ model.name }}{% endfor %})
{% endif %}
""",
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def write_application(folder: Path, models: Sequence[ModelSources], cxx: bool = False) -> None:
    """The program and its CMakeLists.txt; the models' projects lie in the folder under their names."""
    contexts = [model.context for model in models]
    text = APPLICATION.render(models=contexts)
    (folder / "main.c").write_text(text)
    if cxx:
        (folder / "main.cpp").write_text(text)
    (folder / "CMakeLists.txt").write_text(CMAKE.render(models=contexts, cxx=cxx))


def cmake(folder: Path, *options: str) -> Path:
    """Configure and build a folder; the folder of what it built."""
    output = folder / "build"
    for command in (
        ["cmake", "-G", "Unix Makefiles", "-S", str(folder), "-B", str(output), *options],
        ["cmake", "--build", str(output), "--parallel", "2"],
    ):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, f"{result.stdout[-2000:]}\n{result.stderr}"
        assert "warning" not in result.stderr.lower(), result.stderr
    return output


def run_application(program: Path, models: Sequence[ModelSources], vectors: Sequence[Vectors]) -> str:
    """Run the program on the vectors of each model and compare every byte with the reference; what it printed."""
    given, wanted = program.parent / "vectors.bin", program.parent / "outputs.bin"
    given.write_bytes(b"".join(v.tobytes() for step in zip(*vectors, strict=True) for vector in step for v in vector))
    result = subprocess.run([program, given, wanted], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    expected = []
    for _ in range(2):
        sessions = [Session(model.program.graph) for model in models]
        for step in zip(*vectors, strict=True):
            for session, vector in zip(sessions, step, strict=True):
                for _ in range(3):
                    expected += [output.tobytes() for output in session.trace(vector).outputs]
    assert wanted.read_bytes() == b"".join(expected)
    return result.stdout


def constants_of(models: Sequence[ModelSources]) -> str:
    """What the program prints: rank, shape, scale and zero point of every input and output."""
    lines = []
    for graph in (model.program.graph for model in models):
        for tensor in map(graph.tensor, (*graph.inputs, *graph.outputs)):
            line = " ".join(map(str, [len(tensor.shape), *tensor.shape]))
            if tensor.quant is not None:
                line += f" {np.float32(tensor.scale):.9g} {tensor.zero_point}"
            lines.append(f"{line}\n")
    return "".join(lines)


def streaming(name: str = "stream") -> Graph:
    """A graph with two states whose names become the same C identifier, with other initial values: a running sum of
    the input, and its largest value so far, side by side."""
    grid = Quantization((0.5,), (3,))

    def tensor(name: str, *shape: int) -> Tensor:
        return Tensor(name, shape, DType.INT8, grid)

    tensors = {t.name: t for t in (tensor(n, 1, 4) for n in ("x", "sum", "new sum", "most", "new most"))}
    tensors["both"] = tensor("both", 1, 8)
    return check(
        Graph(
            name,
            tensors,
            (
                Node("read_sum", "READ_VARIABLE", (), ("sum",), {"variable": "state/a"}),
                Node("add", "ADD", ("x", "sum"), ("new sum",), {"activation": "NONE"}),
                Node("keep_sum", "ASSIGN_VARIABLE", ("new sum",), (), {"variable": "state/a"}),
                Node("read_most", "READ_VARIABLE", (), ("most",), {"variable": "state_a"}),
                Node("maximum", "MAXIMUM", ("x", "most"), ("new most",), {}),
                Node("keep_most", "ASSIGN_VARIABLE", ("new most",), (), {"variable": "state_a"}),
                Node("both", "CONCATENATION", ("new sum", "new most"), ("both",), {"axis": 1, "activation": "NONE"}),
            ),
            ("x",),
            ("both",),
            {
                "state/a": Variable("state/a", np.array([[3, -7, 3, 40]], np.int8), grid),
                "state_a": Variable("state_a", np.full((1, 4), -128, np.int8), grid),
            },
        )
    )
