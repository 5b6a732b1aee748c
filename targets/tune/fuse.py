"""Fused layers for a network whose kernels are measured, where kernels alone leave the arena too large."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...codegen.decide import decide
from ...codegen.decisions import Aim, Decisions
from ...codegen.kernels import Candidate
from ...codegen.project import ModelSources, model_sources
from ...converter.ir import Graph
from ...errors import ResourceError
from ..emulator import start
from ..image import built_from, check_fits
from ..sizes import Sizes
from ..target import Target
from ..vectors import random_vectors
from ..verify import compare
from .measure import Measured, check_exact

_MOST_LINKS = 3
_UNMEASURED = 10**9  # instructions of a kernel that fits no image


@dataclass(frozen=True)
class Fused:
    """What was decided, the linked image's sizes and the instructions of one inference as measured."""

    decisions: Decisions
    sizes: Sizes
    instructions: int

    @property
    def ram(self) -> int:
        """Bytes of arena, static variables and stack."""
        return self.sizes.arena + self.sizes.static + (self.sizes.stack or 0)


def fuse_within(graph: Graph, target: Target, measured: Measured, flash: int | None, ram: int) -> Fused:
    """The fewest instructions that are found within budgets. Raises ResourceError, which says the least possible."""
    fitting = []
    arena = ram
    for _ in range(_MOST_LINKS):
        try:
            found = _decided(graph, target, measured, Aim(most=max(1, arena)))
        except ResourceError:
            break
        if found.ram <= ram:
            fitting.append(found)
            break
        # Only the linked image tells how much stack it needs.
        arena = found.sizes.arena - (found.ram - ram)
    least = fuse_least(graph, target, measured, None)
    if least.ram <= ram:
        fitting.append(least)
    if not fitting:
        raise ResourceError(
            f"'{graph.name}' on {target.name}: no choice of kernels and fused layers needs less RAM than {least.ram:,} "
            f"bytes (arena {least.sizes.arena:,}), more than the budget of {ram:,}"
        )
    return _within_flash(graph, target, min(fitting, key=lambda found: found.instructions), flash)


def fuse_least(graph: Graph, target: Target, measured: Measured, flash: int | None) -> Fused:
    """The smallest arena that is found. Raises ResourceError where it takes more flash than there is."""
    return _within_flash(graph, target, _decided(graph, target, measured, Aim(least=True)), flash)


def _decided(graph: Graph, target: Target, measured: Measured, aim: Aim) -> Fused:
    def cost(name: str, candidate: Candidate) -> int:
        found = [c.instructions for c in measured.layers[name] if c.kernel == candidate.kernel]
        return found[0] if found else _UNMEASURED

    decisions = decide(graph, target.isa, aim, cost=cost, cores=target.cores)
    return _measured(model_sources(graph, target.isa, choices=decisions, cores=target.cores), target, decisions)


def _measured(model: ModelSources, target: Target, decisions: Decisions) -> Fused:
    check_fits(model, target)
    with built_from(model, target) as image, start(target, image.elf) as link:
        report = compare(image, link, random_vectors(model.program.graph, 2, 0))
        kernels = {layer.node.name: layer.kernel for layer in model.program.layers}
        check_exact(report, kernels)
        return Fused(replace(decisions, kernels=kernels), image.sizes, report.instructions or 0)


def _within_flash(graph: Graph, target: Target, found: Fused, flash: int | None) -> Fused:
    used = found.sizes.code + found.sizes.constants
    if flash is not None and used > flash:
        raise ResourceError(
            f"'{graph.name}' on {target.name}: with fused layers it takes {used:,} bytes of flash, "
            f"more than the budget of {flash:,}"
        )
    return found
