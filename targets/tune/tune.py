"""The search for the best combination of kernels: by measured instructions, exact flash and planned arenas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...codegen.decisions import Decisions
from ...codegen.program import lower
from ...codegen.project import model_sources
from ...converter.ir import Graph
from ...errors import InputError, ResourceError
from ..image import built_from, check_fits
from ..sizes import Sizes
from ..target import Target
from .choices import decided_json
from .fuse import Fused, fuse_least, fuse_within
from .measure import Candidate, Measured, measure
from .select import ORDER, flash_bytes, select

#: How often a combination that turns out larger, when linked, than its parts said is searched again.
_MOST_LINKS = 4
#: How many combinations are planned for one budget.
_MOST_PLANS = 100
#: Share of the arena from which on a layer fills it.
_FULL = 0.95

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class TunedLayer:
    """One layer: the kernel that serves it, all that could, and why."""

    name: str
    op: str
    macs: int
    kernel: str
    why: str
    candidates: tuple[Candidate, ...]

    @property
    def chosen(self) -> Candidate:
        """The chosen one as measured."""
        return next(candidate for candidate in self.candidates if candidate.kernel == self.kernel)


@dataclass(frozen=True)
class Tuned:
    """The best combination.

    Attributes:
        flash_budget, ram_budget: as they were given.
        sizes: of the linked image.
        default_instructions: of one inference of the untuned network.
        decisions: kernels, and order and fused layers where these were decided.
        fused_instructions: of one inference, as measured, where layers are fused.
    """

    model: str
    target: str
    digest: str | None
    objective: str
    flash_budget: int | None
    ram_budget: int | None
    layers: tuple[TunedLayer, ...]
    sizes: Sizes
    default_instructions: int
    decisions: Decisions = field(default_factory=Decisions)
    fused_instructions: int | None = None

    @property
    def kernels(self) -> dict[str, str]:
        """Kernel by layer, as ``choices`` takes it."""
        return {layer.name: layer.kernel for layer in self.layers}

    @property
    def chains(self) -> list[str]:
        """The fused layers, first and last of each chain."""
        return [f"{fusion.layers[0]} to {fusion.layers[-1]}" for fusion in self.decisions.fused]

    @property
    def instructions(self) -> int:
        """Of one inference."""
        if self.fused_instructions is not None:
            return self.fused_instructions
        return sum(layer.chosen.instructions for layer in self.layers)

    def to_json(self) -> dict[str, Any]:
        """What the file of choices keeps."""
        return {
            "model_sha256": self.digest,
            "model": self.model,
            "target": self.target,
            "objective": self.objective,
            "budget": {"flash": self.flash_budget, "ram": self.ram_budget},
            "instructions": self.instructions,
            "instructions_untuned": self.default_instructions,
            "flash": self.sizes.flash,
            "ram": self.sizes.ram,
            "kernels": self.kernels,
            **decided_json(self.decisions),
            "layers": [_layer_json(layer) for layer in self.layers],
        }


def _layer_json(layer: TunedLayer) -> dict[str, Any]:
    return {
        "name": layer.name,
        "op": layer.op,
        "macs": layer.macs,
        "kernel": layer.kernel,
        "why": layer.why,
        "candidates": [
            {"kernel": c.kernel, "instructions": c.instructions, "constants": c.constants} for c in layer.candidates
        ],
    }


def tune(
    graph: Graph,
    target: Target,
    objective: str = "speed",
    flash: int | None = None,
    ram: int | None = None,
    progress: Progress | None = None,
) -> Tuned:
    """Choose the kernel of every layer.

    Args:
        objective: ``speed`` (fewest instructions), ``ram`` (smallest arena) or ``flash`` (fewest bytes of constants and
            code); among equals the fastest, then the smallest.
        flash: bytes of the model's code and constants; the target's flash when absent.
        ram: bytes of arena, static variables and stack; the target's RAM when absent.

    Raises:
        ResourceError: no combination fits; the message says the least possible.
        ToolError: the target counts nothing, or a kernel differs from the reference.
    """
    if objective not in ORDER:
        raise InputError(f"there is no objective '{objective}'; there are {', '.join(ORDER)}")
    if min(flash or 1, ram or 1) < 1 or 0 in (flash, ram):
        raise InputError("a budget is a number of bytes above zero")
    target = target.serving(graph)
    measured = measure(graph, target, progress)
    search = _Search(graph, target, measured, objective, flash, ram)
    fused = _fused(search)
    kernels, sizes = search.run() if fused is None else (dict(fused.decisions.kernels), fused.sizes)
    decisions = Decisions(kernels) if fused is None else fused.decisions
    default = lower(graph, target.isa, cores=target.cores)
    untuned = {layer.node.name: layer.kernel for layer in default.layers}
    layers = [
        TunedLayer(
            layer.node.name,
            layer.node.op,
            layer.macs,
            kernels[layer.node.name],
            search.why(layer.node.name, kernels),
            measured.layers[layer.node.name],
        )
        for layer in default.layers
    ]
    before = [c.instructions for name, found in measured.layers.items() for c in found if c.kernel == untuned[name]]
    return Tuned(
        model_sources(graph, target.isa, choices=decisions, cores=target.cores).name,
        target.name,
        graph.digest,
        objective,
        flash,
        ram,
        tuple(layers),
        sizes,
        sum(before),
        decisions,
        None if fused is None else fused.instructions,
    )


def _fused(search: _Search) -> Fused | None:
    """Fused layers, where they are asked for: no choice of kernels is within the budget of RAM, or as small."""
    graph, target, measured, flash = search.graph, search.target, search.measured, search.most_flash()
    if search.objective == "ram":
        least = fuse_least(graph, target, measured, flash)
        if (
            least.decisions.fused
            and least.sizes.arena < search.least_arena()
            and least.ram <= (search.ram or least.ram)
        ):
            return least
    if search.ram is not None and search.least_arena() + measured.ram_beside > search.ram:
        return fuse_within(graph, target, measured, flash, search.ram)
    return None


@dataclass(frozen=True)
class _Planned:
    """A combination's arena, the bound that no plan of it can be below, and the bytes in use by layer."""

    arena: int
    bound: int
    live: Mapping[str, int]

    @property
    def order(self) -> tuple[int, int]:
        """What makes one combination smaller than another."""
        return self.arena, self.bound


@dataclass
class _Search:
    """Combinations within the budgets; arenas are planned once each."""

    graph: Graph
    target: Target
    measured: Measured
    objective: str
    flash: int | None
    ram: int | None
    forbidden: dict[tuple[str, str], str] = field(default_factory=dict)
    _plans: dict[tuple[tuple[str, str], ...], _Planned] = field(default_factory=dict)
    _light: dict[str, str] | None = None

    def run(self) -> tuple[dict[str, str], Sizes]:
        """The best combination and the sizes of its image. Raises ResourceError."""
        flash = self.most_flash()
        arena = None if self.ram is None else self.ram - self.measured.ram_beside
        for _ in range(_MOST_LINKS):
            kernels = self._smallest_arena(flash) if self.objective == "ram" else self._within(flash, arena)
            if kernels is None or (arena is not None and self._plan(kernels).arena > arena):
                break
            sizes = self._sizes(kernels)
            over_flash, over_ram = self._over(sizes)
            if over_flash <= 0 and over_ram <= 0:
                return kernels, sizes
            # The parts promised less than the whole takes: ask for so much less, and search again.
            flash = None if flash is None else flash - max(0, over_flash)
            arena = None if arena is None else arena - max(0, over_ram)
        return self._least(arena)

    def _over(self, sizes: Sizes) -> tuple[int, int]:
        """By how many bytes an image exceeds the budgets of flash and RAM."""
        used, flash = sizes.code + sizes.constants, self.most_flash()
        ram = sizes.arena + sizes.static + (sizes.stack or 0)
        return 0 if flash is None else used - flash, 0 if self.ram is None else ram - self.ram

    def least_arena(self) -> int:
        """Bytes of the smallest arena that a choice of kernels gives."""
        return self._plan(self._lightest()).arena

    def most_flash(self) -> int | None:
        """The budget of flash."""
        if self.flash is not None:
            return self.flash
        return None if self.target.flash is None else self.target.flash.size

    def _most_flash_or(self, value: int) -> int:
        most = self.most_flash()
        return value if most is None else most

    def _plan(self, kernels: Mapping[str, str]) -> _Planned:
        key = tuple(sorted(kernels.items()))
        if key not in self._plans:
            program = lower(self.graph, self.target.isa, kernels, self.target.cores)
            live = {layer.node.name: layer.arena_bytes for layer in program.layers}
            self._plans[key] = _Planned(program.arena_bytes, program.arena_lower_bound, live)
        return self._plans[key]

    def _sizes(self, kernels: Mapping[str, str]) -> Sizes:
        model = model_sources(self.graph, self.target.isa, choices=kernels, cores=self.target.cores)
        check_fits(model, self.target)
        with built_from(model, self.target) as image:
            return image.sizes

    def _within(self, flash: int | None, arena: int | None) -> dict[str, str] | None:
        """The best combination whose arena is within the budget; None where none is found.

        The arena's lower bound is the largest of the layers' own, so that a kernel whose bound breaks the budget is
        excluded by itself. Kernels that break it only as the planner places them are excluded together.
        """
        cuts: list[dict[str, str]] = []
        for _ in range(_MOST_PLANS):
            kernels = select(self.measured, self.objective, flash, self.forbidden, cuts)
            if kernels is None or arena is None:
                return kernels
            planned = self._plan(kernels)
            if planned.arena <= arena:
                return kernels
            lightest = self._lightest()
            if self._plan(lightest).bound > arena:
                return None
            full = {name: kernel for name, kernel in kernels.items() if planned.live[name] > arena}
            alone = [name for name in full if self._plan({**lightest, name: full[name]}).bound > arena]
            for name in alone:
                self.forbidden[name, kernels[name]] = "breaks the RAM budget"
            if not alone:
                cuts.append(full or kernels)
        return None

    def _smallest_arena(self, flash: int | None) -> dict[str, str] | None:
        """The fastest combination with the smallest arena that is found within the budget of flash."""
        lightest = self._lightest()
        kernels = self._within(flash, self._plan(lightest).arena)
        if kernels is not None:
            return kernels
        single = [{**lightest, name: c.kernel} for name, found in self.measured.layers.items() for c in found]
        for level in sorted({self._plan(kernels).arena for kernels in single}):
            self.forbidden.clear()
            kernels = self._within(flash, level)
            if kernels is not None:
                return kernels
        return None

    def _lightest(self) -> dict[str, str]:
        """The combination with the smallest arena that is found.

        Starts from each layer's lightest kernel and from the fastest of all, and exchanges the kernels of the layers
        that fill the arena while that makes it smaller.
        """
        if self._light is None:
            measured = self.measured.layers
            starts = (
                {name: min(found, key=lambda c: (c.live, c.instructions)).kernel for name, found in measured.items()},
                {name: min(found, key=lambda c: (c.instructions, c.live)).kernel for name, found in measured.items()},
            )
            self._light = min(map(self._exchanged, starts), key=lambda kernels: self._plan(kernels).order)
        return self._light

    def _exchanged(self, kernels: dict[str, str]) -> dict[str, str]:
        best, better = kernels, True
        while better:
            planned = self._plan(best)
            full = [name for name in best if planned.live[name] >= _FULL * planned.arena]
            trials = [{**best, name: c.kernel} for name in full for c in self.measured.layers[name]]
            # Layers of one kind fill it alike: they are exchanged together, too.
            kinds = sorted({c.kernel for name in full for c in self.measured.layers[name]})
            trials += [{**best, **{name: kind for name in full if self._serves(name, kind)}} for kind in kinds]
            found = min(trials, key=lambda trial: self._plan(trial).order, default=best)
            better = self._plan(found).order < planned.order
            best = found if better else best
        return best

    def _serves(self, name: str, kernel: str) -> bool:
        return any(candidate.kernel == kernel for candidate in self.measured.layers[name])

    def _candidate(self, name: str, kernel: str) -> Candidate:
        return next(candidate for candidate in self.measured.layers[name] if candidate.kernel == kernel)

    def _least(self, arena: int | None) -> tuple[dict[str, str], Sizes]:
        """The combination that takes the least flash: what is left where the parts promised more than there is.

        Raises:
            ResourceError: it does not fit either; what would.
        """
        name = f"'{self.graph.name}' on {self.target.name}"
        self.forbidden.clear()
        if arena is not None and (least_arena := self._plan(self._lightest()).arena) > arena:
            raise ResourceError(
                f"{name}: no choice of kernels needs less RAM than {least_arena + self.measured.ram_beside:,} bytes "
                f"(arena {least_arena:,}), more than the budget of {self.ram:,}"
            )
        self.objective = "flash"
        smallest, least = self._within(None, arena), 0
        if smallest is not None:
            sizes = self._sizes(smallest)
            if max(self._over(sizes)) <= 0:
                return smallest, sizes
            least = sizes.code + sizes.constants
        within = "" if arena is None else f" within {self.ram:,} bytes of RAM"
        raise ResourceError(
            f"{name}: no choice of kernels needs less flash than {least:,} bytes{within}, "
            f"more than the budget of {self.most_flash() or 0:,}"
        )

    def why(self, name: str, kernels: Mapping[str, str]) -> str:
        """The reason for a layer's kernel, from what was measured of the others."""
        found, chosen = self.measured.layers[name], self._candidate(name, kernels[name])
        if len(found) == 1:
            return "the only one"
        best = min(found, key=lambda c: c.instructions)
        if chosen.instructions == best.instructions:
            return "fewest instructions"
        saved = f"{best.kernel} saves {chosen.instructions - best.instructions:,}"
        if reason := self.forbidden.get((name, best.kernel)):
            return f"{saved} but {reason}"
        more = flash_bytes(self.measured, {**kernels, name: best.kernel}) - flash_bytes(self.measured, kernels)
        return f"{saved} for {more:+,} bytes of flash"
