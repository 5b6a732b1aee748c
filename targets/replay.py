"""Runs a sequence of vectors on a firmware, and begins again where the board restarted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ..codegen.project import ModelSources
from ..converter.ir import Array, Graph
from ..errors import LinkError
from .link import Fault, InterruptedLink, Link, RunResult

_MOST_RESTARTS = 5  # for one vector
Result = TypeVar("Result")


def output_bytes(graph: Graph) -> list[int]:
    """Bytes of every graph output."""
    return [graph.tensor(name).bytes for name in graph.outputs]


class Replay:
    """A sequence of vectors on the first model of a firmware.

    The state of a streaming network is what it is after all vectors before: where it is lost, or another vector is
    asked for than the next, they are run again from reset.

    Raises:
        LinkError: the firmware is another build.
    """

    def __init__(self, link: Link, model: ModelSources, vectors: Sequence[Sequence[Array]]) -> None:
        self._link, self._model, self._vectors = link, model, vectors
        self._stateful = bool(model.context["stateful"])
        self._sizes = output_bytes(model.program.graph)
        self._position: int | None = None  # the vector that the firmware's state is ready for; None: not known
        self._told = 0
        link.check_build(0, model.context["build_id_hex"])

    def run(self, index: int) -> RunResult:
        """One vector's results. Raises LinkError."""
        macs = self._model.macs
        return self._repeat(index, lambda inputs: self._link.run(0, inputs, self._sizes, macs))

    def dump(self, index: int, point: int) -> bytes:
        """The tensor of a trace point, as that vector writes it. Raises LinkError."""
        return self._repeat(index, lambda inputs: self._link.dump(0, inputs, point, self._model.macs))

    def faults_since(self) -> list[str]:
        """What was repaired on the link since this was asked before."""
        new = [str(fault) for fault in self._link.faults[self._told :]]
        self._told += len(new)
        return new

    def _repeat(self, index: int, action: Callable[[list[bytes]], Result]) -> Result:
        for _ in range(_MOST_RESTARTS + 1):
            try:
                self._prepare(index)
                result = action(self._inputs(index))
                self._position = index + 1
                return result
            except InterruptedLink as interruption:
                self._position = None
                self._link.faults.append(Fault("vector", f"{interruption}; begun again"))
        raise LinkError(
            f"vector {index} was interrupted {_MOST_RESTARTS + 1} times: the board keeps restarting (power, watchdog), "
            f"or another program uses its port"
        )

    def _prepare(self, index: int) -> None:
        """Bring the firmware into the state before a vector."""
        if self._position is None or (self._stateful and self._position != index):
            self._position = None
            # After a restart it may be another firmware.
            self._link.check_build(0, self._model.context["build_id_hex"])
            self._link.reset(0)
            for earlier in range(index) if self._stateful else ():
                self._link.advance(0, self._inputs(earlier), self._model.macs)

    def _inputs(self, index: int) -> list[bytes]:
        return [array.tobytes() for array in self._vectors[index]]
