"""From a graph to a built image: the project's files with the harness of a target, compiled and measured."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..codegen.decisions import Decisions
from ..codegen.plan.picture import draw
from ..codegen.project import MARKER, ModelSources, describe, harness_table, model_sources, to_json, write_folder
from ..codegen.render import environment
from ..codegen.sources import is_float_source
from ..converter.ir import Graph
from ..errors import ResourceError
from .build import (
    LINK,
    Application,
    build,
    compile_flags,
    float_flags,
    harness_files,
    harness_flags,
    is_for_cores,
    link_flags,
    model_link_flags,
)
from .sizes import Sizes, measure
from .target import Target
from .toolchain import archiver, chosen


@dataclass(frozen=True, eq=False)
class Image:
    """A built firmware: the model it was made from, its ELF and the sizes."""

    model: ModelSources
    target: Target
    elf: Path
    sizes: Sizes


def project_files(model: ModelSources, target: Target, application: Application = LINK) -> dict[str, str]:
    """Every file of the generated project by relative path: model, kernels, harness and build description."""
    files = dict(model.files)
    files |= {f"harness/{name}": text for name, text in harness_files(target, application).items()}
    files["harness/bw_models.c"] = harness_table([model])
    sources = sorted(path for path in files if path.endswith((".c", ".S")))
    here = "${CMAKE_CURRENT_SOURCE_DIR}/"
    context = {
        **model.context,
        "target": target,
        "application": application,
        "sources": [path for path in sources if not path.startswith("harness/")],
        "harness_sources": [path for path in sources if path.startswith("harness/")],
        "cores_sources": [path for path in sources if is_for_cores(path)],
        "program": model.program,
        "constant_bytes": model.constant_bytes,
        "compiler": chosen(target.toolchain).spelled,
        "archiver": archiver(target.toolchain),
        "assembly": any(path.endswith(".S") for path in files),
        "flags": compile_flags(target, here),
        "float_sources": [path for path in sources if is_float_source(Path(path).name)],
        "float_flags": float_flags(target),
        "harness_flags": harness_flags(target),
        "link_flags": link_flags(target, here),
        "model_link_flags": model_link_flags(target, model.name, here),
    }
    render = environment()
    files["CMakeLists.txt"] = render.get_template("CMakeLists.txt.j2").render(context)
    files["README.md"] = render.get_template("project_readme.md.j2").render(context)
    files[MARKER] = to_json(describe(model, target.name))
    return files


def generate(
    graph: Graph,
    target: Target,
    folder: Path,
    name: str | None = None,
    choices: Decisions | Mapping[str, str] | None = None,
) -> ModelSources:
    """Write the C project of a graph for a target; the folder appears only when it is complete.

    Args:
        choices: kernels by node name, or all that was decided; what is left open is decided by estimate.

    Raises:
        UnsupportedError, ModelError, AccumulatorOverflowError: a node cannot be served.
        ResourceError: the arena exceeds the target's RAM.
        InputError: the folder exists and is not a Bitwright project.
    """
    target = target.serving(graph)
    model = model_sources(graph, target.isa, name, choices, target.cores)
    check_fits(model, target)
    write_folder(folder, project_files(model, target))
    return model


def check_fits(model: ModelSources, target: Target) -> None:
    """Raise ResourceError where the arena or the constants alone exceed the target's memory."""
    arena, constants = model.program.arena_bytes, model.constant_bytes
    if target.ram is not None and arena > target.ram.size:
        raise ResourceError(
            f"the arena of {arena} bytes exceeds the {target.ram.size} bytes of RAM of {target.name} "
            f"(no plan can be below {model.program.arena_lower_bound}); choose a target with more RAM"
        )
    if target.flash is not None and constants > target.flash.size:
        raise ResourceError(
            f"the constants of {constants} bytes exceed the {target.flash.size} bytes of flash of {target.name}"
        )


@contextmanager
def built(
    graph: Graph, target: Target, name: str | None = None, choices: Decisions | Mapping[str, str] | None = None
) -> Iterator[Image]:
    """Generate and build in a temporary folder that lives as long as the context.

    Raises:
        What :func:`generate` raises; ToolError: no compiler, or it failed.
    """
    target = target.serving(graph)
    model = model_sources(graph, target.isa, name, choices, target.cores)
    check_fits(model, target)
    with built_from(model, target) as image:
        yield image


@contextmanager
def built_from(model: ModelSources, target: Target, application: Application = LINK) -> Iterator[Image]:
    """The same from sources that are already rendered. Raises ToolError."""
    with tempfile.TemporaryDirectory(prefix="bitwright-") as scratch:
        folder = Path(scratch) / "project"
        write_folder(folder, project_files(model, target, application))
        images = build(folder, target, model.name)
        yield Image(model, target, images.firmware, measure(images, target, model))


def plan_picture(model: ModelSources) -> str:
    """The memory plan as SVG."""
    program = model.program
    return draw(program.plan, program.buffers, f"Memory plan of {model.name}")
