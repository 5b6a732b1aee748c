"""Which kernels can serve a node on an instruction set, and which of them does unless told otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...converter.ir import Graph, Node
from ...errors import InputError, TargetError, UnsupportedError
from . import armv6m, armv7em, armv7m, fpu, generic, mve, rv32, rvv, xcv
from .call import KernelCall, constant_bytes
from .kernel import KernelTable
from .streaming import PREFIX, streamed, tile_bytes

#: Kernel folder -> its table. A target names its folders, the most specific first. ``woven`` has C that the folders
#: before it call, and no kernels of its own.
KERNELS: Mapping[str, KernelTable] = {
    "generic": generic.KERNELS,
    "armv6m": armv6m.KERNELS,
    "armv7m": armv7m.KERNELS,
    "armv7em": armv7em.KERNELS,
    "mve": mve.KERNELS,
    "rv32": rv32.KERNELS,
    "rvv": rvv.KERNELS,
    "xcv": xcv.KERNELS,
    "woven": {},
    "fpu": fpu.KERNELS,
}

#: By how much more flash than the smallest kernel one may ask without being asked for by name: 3 % and a table of
#: requantization constants.
_MORE_FLASH, _TABLE = 1.03, 256


@dataclass(frozen=True, eq=False)
class Candidate:
    """A kernel that serves a node, with the call that does it."""

    kernel: str
    call: KernelCall


def candidates(graph: Graph, node: Node, params: Any, isa: Sequence[str]) -> tuple[Candidate, ...]:
    """Every kernel that serves a node, those of the most specific folder first; of one name, the most specific alone,
    whose C takes the place of the others'.

    Args:
        params: what ``prepare_node`` gives.
        isa: kernel folders, most specific first.

    Raises:
        UnsupportedError: none does. TargetError: there is no such folder.
    """
    found = tuple(_candidates(graph, node, params, isa))
    if not found:
        raise UnsupportedError(node.name, node.op, "this operator is not served; `bitwright ops` lists those that are")
    return found


def candidate(graph: Graph, node: Node, params: Any, isa: Sequence[str], name: str) -> KernelCall | None:
    """The call of the first kernel of that name that serves a node, or None."""
    for folder in isa:
        for kernel in KERNELS[folder].get(node.op, ()):
            call = kernel.lower(graph, node, params) if kernel.name == name else None
            if call is not None:
                return call
    return None


def choose(node: Node, found: Sequence[Candidate], wanted: str | None = None) -> Candidate:
    """The kernel of that name, which may be ``streamed:BYTES``; without one, the one with the fewest estimated
    instructions of those that take no more flash than the smallest needs, and the first where estimates are missing.

    Raises:
        InputError: the wanted kernel does not serve the node.
    """
    if wanted is not None and wanted.startswith(PREFIX):
        calls = [candidate.call for candidate in found]
        return Candidate(wanted, streamed(node, calls, tile_bytes(node, wanted)))
    if wanted is not None:
        for candidate in found:
            if candidate.kernel == wanted:
                return candidate
        names = ", ".join(candidate.kernel for candidate in found)
        raise InputError(f"'{wanted}' cannot serve '{node.name}'; {names} can")
    return min(small(found), key=lambda candidate: _estimate(candidate.call))


def small(found: Sequence[Candidate]) -> list[Candidate]:
    """Those that take no more flash than the smallest needs."""
    sizes = [constant_bytes(candidate.call) for candidate in found]
    most = min(sizes) * _MORE_FLASH + _TABLE
    return [candidate for candidate, size in zip(found, sizes, strict=True) if size <= most]


def _candidates(graph: Graph, node: Node, params: Any, isa: Sequence[str]) -> Iterator[Candidate]:
    found: set[str] = set()
    for folder in isa:
        if folder not in KERNELS:
            raise TargetError(f"there are no kernels '{folder}'; there are {', '.join(KERNELS)}")
        for kernel in KERNELS[folder].get(node.op, ()):
            call = None if kernel.name in found else kernel.lower(graph, node, params)
            if call is not None:
                found.add(kernel.name)
                yield Candidate(kernel.name, call)


def _estimate(call: KernelCall) -> float:
    return float("inf") if call.instructions is None else call.instructions
