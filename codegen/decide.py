"""Decides which layers are fused, and by which kernels layers are served, so that the arena takes few enough bytes.

Consecutive nodes are divided into layers that are executed by themselves and chains that are fused; each division needs
so many bytes while it runs, whatever the others do. The cheapest divisions that need at most so many bytes follow by
dynamic programming, and the planner then says what the arena takes in fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..converter.ir import Graph
from ..errors import ResourceError
from .decisions import Aim, Decisions, Fusion
from .fusion.chain import Bands, Chain, estimate, fuse, is_closed
from .fusion.schedule import Pace
from .kernels import Candidate, small
from .lifetimes import Work, alias_groups, buffers_of, group_bytes, work_of_call, work_of_chain
from .plan import Overlap
from .plan.bound import hidden
from .program import Program, alignment_of, assemble, chosen_kernels, ordered, serve

_LONGEST = 6  # layers of a chain
_PACES = tuple(Pace(rows, matched) for rows in (1, 2, 4, 8) for matched in (False, True))
_MOST_TRIALS = 5  # budgets tried where the planner takes more than the layers need
_GRAIN = 32  # bytes by which they differ at least
_SLOW = 2  # times the instructions of the fastest kernel, that a smaller arena alone does not justify

#: Instructions of a layer with a kernel.
Cost = Callable[[str, Candidate], int]


@dataclass(frozen=True, eq=False)
class Option:
    """One way to execute nodes ``first`` to ``last``: bytes alive meanwhile, and instructions."""

    first: int
    last: int
    kernels: tuple[str, ...]
    chain: Chain | None
    need: int
    cost: int


def decide(
    graph: Graph,
    isa: Sequence[str],
    aim: Aim,
    kernels: Mapping[str, str] | None = None,
    cost: Cost | None = None,
    cores: int = 1,
) -> Decisions:
    """The fewest instructions within an arena of ``aim.most`` bytes, or within the smallest arena that is found.

    Kernels that take more than twice the instructions of the fastest are taken only where nothing else is small enough.

    Args:
        kernels: those that are decided already, by layer name.
        cost: of a layer with a kernel; the kernel's own estimate when absent.
        cores: how many run the network together; only one fuses layers.

    Raises:
        ResourceError: no arena that is found is small enough; the message says the least.
    """
    search = _Search(graph, isa, kernels or {}, cost, cores)
    plain = search.plain()
    if not aim or (not aim.least and plain.arena_bytes <= (aim.most or 0)):
        return Decisions(kernels or {})
    most = plain.arena_bytes if aim.most is None else aim.most
    found = search.least() if aim.least else search.within(most)
    if found is None or found[0].arena_bytes > most:
        search.allow_slow()
        found = search.within(most)
    if found is None or found[0].arena_bytes > most:
        least = search.least()[0]
        raise ResourceError(
            f"'{graph.name}': no plan with an arena of {most:,} bytes is found; the least is {least.arena_bytes:,} "
            f"bytes with layers fused, {plain.arena_bytes:,} without"
        )
    return found[1]


@dataclass
class _Search:
    """Divisions of one graph into options; what was lowered is kept."""

    original: Graph
    isa: Sequence[str]
    kernels: Mapping[str, str]
    cost: Cost | None
    cores: int
    _chains: dict[tuple[int, int, Pace, bool], Option | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        served = serve(self.original, self.isa, self.cores)
        self.served = served
        self.chosen = chosen_kernels(self.original, served, self.kernels)
        self.graph = graph = ordered(self.original, self.chosen)
        self.bands = Bands(graph, self.isa)
        self.names = [node.name for node in graph.nodes]
        calls = [self.chosen[name].call for name in self.names]
        self.groups = alias_groups(graph, calls)
        self.alignment = alignment_of(graph)
        self.sizes = group_bytes(graph, self.groups)
        works = [work_of_call(graph, index, call) for index, call in enumerate(calls)]
        self.lives = {b.name: b for b in buffers_of(graph, works, self.groups)[0] if b.name in self.sizes}
        self.kept = {self.groups[name] for name in graph.outputs}
        self._allow(_SLOW)

    def allow_slow(self) -> None:
        """Take every kernel into account."""
        self._allow(2**30)

    def _allow(self, slower: int) -> None:
        self.allowed = {name: self._allowed(name, slower) for name in self.names}
        self.singles = [self._singles(index) for index in range(len(self.names))]
        self._chains.clear()

    def plain(self) -> Program:
        """The program without fused layers, with the kernels that are chosen by themselves."""
        return assemble(self.graph, self.isa[0], self.served, self.chosen, [], self.cores)

    def least(self) -> tuple[Program, Decisions]:
        """The fastest of the smallest arenas that are found."""
        level = max(min(option.need for option in options) for options in self.singles)
        while (division := self._smallest(level)) is not None:
            level = max(option.need for option in division) - 1
        smallest = self._plan(self._cheapest(level + 1) or [min(options, key=_by_need) for options in self.singles])
        found = self.within(smallest[0].arena_bytes)
        return smallest if found is None or found[0].arena_bytes > smallest[0].arena_bytes else found

    def within(self, most: int) -> tuple[Program, Decisions] | None:
        """The cheapest division whose planned arena is small enough; the smallest that was planned where none is."""
        best: tuple[Program, Decisions] | None = None
        level = most
        for _ in range(_MOST_TRIALS):
            division = self._cheapest(level)
            if division is None:
                break
            found = self._plan(division)
            if best is None or found[0].arena_bytes < best[0].arena_bytes:
                best = found
            over = found[0].arena_bytes - most
            if over <= 0:
                break
            level = min(level, max(option.need for option in division)) - max(_GRAIN, over)
        return best

    def _plan(self, division: Sequence[Option]) -> tuple[Program, Decisions]:
        kernels = {
            name: kernel
            for option in division
            for name, kernel in zip(self.names[option.first : option.last + 1], option.kernels, strict=True)
        }
        chains = [option.chain for option in division if option.chain is not None]
        fused = tuple(
            Fusion(tuple(node.name for node in chain.nodes), chain.pace.rows, chain.pace.matched) for chain in chains
        )
        chosen = chosen_kernels(self.graph, self.served, kernels)
        program = assemble(self.graph, self.isa[0], self.served, chosen, chains, self.cores)
        order = None if self.graph is self.original else tuple(self.names)
        return program, Decisions(kernels, order, fused)

    # -- options ------------------------------------------------------------------------------------------------

    def _allowed(self, name: str, slower: int) -> list[Candidate]:
        """The kernels that may serve a node, the cheapest first."""
        wanted = self.kernels.get(name)
        found = [c for c in self.served[name] if c.kernel == wanted] if wanted else small(self.served[name])
        found = sorted(found, key=lambda candidate: self._cost(name, candidate))
        return [c for c in found if self._cost(name, c) <= slower * self._cost(name, found[0])]

    def _cost(self, name: str, candidate: Candidate) -> int:
        if self.cost is not None:
            return self.cost(name, candidate)
        return self._estimate(name, candidate)

    def _estimate(self, name: str, candidate: Candidate) -> int:
        node = next(node for node in self.original.nodes if node.name == name)
        return estimate(self.original, node) if candidate.call.instructions is None else candidate.call.instructions

    def _singles(self, index: int) -> list[Option]:
        name = self.names[index]
        return [
            Option(
                index,
                index,
                (candidate.kernel,),
                None,
                self._need(work_of_call(self.graph, index, candidate.call)),
                self._cost(name, candidate),
            )
            for candidate in self.allowed[name]
        ]

    def _need(self, work: Work) -> int:
        """Bytes alive while it is executed, its output overlapping as much as it may."""
        target = self.groups[work.writes[0]] if work.writes else ""
        inside = work.inner.keys()
        alive = [b for b in self.lives.values() if b.first <= work.last and b.last >= work.first]
        total = sum(b.bytes for b in alive if b.name not in inside) + sum(work.inner.values())
        if len(work.writes) != 1 or self.lives[target].first < work.first:
            return total
        shared = 0
        for source in {self.groups[name] for name in work.reads} - self.kept - {target}:
            names = [name for name in work.reads if self.groups[name] == source]
            if self.lives[source].last <= work.last and all(name in work.distance for name in names):
                distance = max(work.distance[name] for name in names)
                overlap = Overlap(source, target, distance, work.exact)
                shared += hidden(self.sizes[source], self.sizes[target], overlap)
        return total - min(shared, self.sizes[target])

    def _fused(self, first: int, last: int, pace: Pace, light: bool, level: int) -> Option | None:
        """A chain that needs at most so many bytes; None where there is none."""
        if self._rough(first, last, pace) > level:
            return None
        key = (first, last, pace, light)
        if key not in self._chains:
            self._chains[key] = self._chain(first, last, pace, light)
        option = self._chains[key]
        return option if option is not None and option.need <= level else None

    def _rough(self, first: int, last: int, pace: Pace) -> int:
        """Bytes that are alive beside the chain's output and inputs, and its rows between the layers."""
        nodes = self.graph.nodes[first : last + 1]
        rows = self.bands.all_rows(nodes)
        if rows is None or not is_closed(self.graph, first, last):
            return 2**62
        through = sum(b.bytes for b in self.lives.values() if b.first < first and b.last > last)
        if pace != _PACES[0]:
            capacity = self.bands.schedule(nodes, rows, pace).capacity
            through += sum(count * self.bands.row_bytes(name) for name, count in capacity.items())
        return through

    def _chain(self, first: int, last: int, pace: Pace, light: bool) -> Option | None:
        kernels = {}
        for name in self.names[first : last + 1]:
            found = self.allowed[name]
            found = sorted(found, key=lambda candidate: candidate.call.scratch or 0) if light else found
            kernels[name] = tuple(candidate.kernel for candidate in found)
        chain = fuse(self.bands, first, last, kernels, pace, self.alignment)
        if chain is None:
            return None
        cost = 0
        for node, kernel, instructions in zip(chain.nodes, chain.kernels, chain.instructions, strict=True):
            whole = next(c for c in self.served[node.name] if c.kernel == kernel)
            cost += self._cost(node.name, whole) + instructions - self._estimate(node.name, whole)
        return Option(first, last, chain.kernels, chain, self._need(work_of_chain(self.graph, chain)), cost)

    # -- divisions ----------------------------------------------------------------------------------------------

    def _options(self, first: int, level: int, paces: Sequence[Pace]) -> Iterator[Option]:
        """What can begin at a node; chains only where a layer by itself needs more than the level."""
        yield from self.singles[first]
        heavy = False
        for last in range(first, min(first + _LONGEST, len(self.names))):
            heavy = heavy or min(option.need for option in self.singles[last]) > level
            if self.bands.rows(self.graph.nodes[last]) is None:
                return
            for pace in paces if heavy and last > first and self.cores == 1 else ():
                for light in (False, True):
                    option = self._fused(first, last, pace, light, level)
                    if option is not None:
                        yield option

    def _cheapest(self, level: int) -> list[Option] | None:
        """The division with the fewest instructions that needs at most ``level`` bytes."""
        return self._divide(level, _PACES, lambda option: (0, option.cost))

    def _smallest(self, level: int) -> list[Option] | None:
        """The division that needs the fewest bytes, at most ``level``."""
        return self._divide(level, _PACES[:1], lambda option: (option.need, option.cost))

    def _divide(
        self, level: int, paces: Sequence[Pace], value: Callable[[Option], tuple[int, int]]
    ) -> list[Option] | None:
        """The best division: first by the largest first value of its options, then by the sum of the second."""
        count = len(self.names)
        best: list[tuple[int, int, Option | None] | None] = [None] * count + [(0, 0, None)]
        for first in reversed(range(count)):
            for option in self._options(first, level, paces):
                rest = best[option.last + 1]
                if option.need > level or rest is None:
                    continue
                peak, cost = value(option)
                total = (max(peak, rest[0]), cost + rest[1], option)
                known = best[first]
                if known is None or total[:2] < known[:2]:
                    best[first] = total
        division: list[Option] = []
        at = 0
        while at < count:
            entry = best[at]
            if entry is None or entry[2] is None:
                return None
            division.append(entry[2])
            at = entry[2].last + 1
        return division


def _by_need(option: Option) -> tuple[int, int]:
    return option.need, option.cost
