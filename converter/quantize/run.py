"""The whole way from a float graph and data to a judged integer network."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...errors import InputError
from ..ir import Array, Graph
from ..states import Outside, states_inside, states_outside
from .calibration import Calibration, calibration
from .data import ImageScale, Samples, load_samples
from .judge import Judgement, float_outputs, judge, layer_errors
from .recipe import Attempt, Quantized, Say, Switched, find_recipe, quantize, quantize_auto, switch
from .stream import Steps, integer_outputs, steps

#: Samples that calibrate by default.
CALIBRATION_SAMPLES = 500


@dataclass(frozen=True, eq=False)
class Result:
    """A quantized network with what it cost.

    Attributes:
        attempts: what ``auto`` tried, in order; one entry for a named recipe.
        max_drop: the budget that ``auto`` worked to.
        evaluated_on_calibration: there was no evaluation data, so the judgement is an optimist's.
        seconds: spent on converting, evaluation excluded.
        stateful: the integer network with its states inside, where it was asked to keep them.
    """

    quantized: Quantized
    judgement: Judgement
    attempts: tuple[Attempt, ...]
    max_drop: float
    evaluated_on_calibration: bool
    calibration_samples: int
    seconds: float
    stateful: Graph | None = None

    @property
    def graph(self) -> Graph:
        """The integer network."""
        return self.quantized.integer if self.stateful is None else self.stateful

    @property
    def within_budget(self) -> bool:
        """Whether the loss stays within ``max_drop``."""
        return self.judgement.loss <= self.max_drop

    def to_json(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "recipe": self.quantized.recipe.name,
            "attempts": [{"recipe": a.recipe, "loss": a.loss} for a in self.attempts],
            "max_drop": self.max_drop,
            "evaluated_on_calibration": self.evaluated_on_calibration,
            "calibration_samples": self.calibration_samples,
            "seconds": round(self.seconds, 3),
            **self.judgement.to_json(),
        }


def quantize_model(
    graph: Graph,
    calibration_data: Any,
    evaluation_data: Any = None,
    recipe: str = "auto",
    max_drop: float = 0.5,
    samples: int = CALIBRATION_SAMPLES,
    scale: ImageScale | None = None,
    say: Say | None = None,
    switched: Switched | None = None,
    stateful: bool | Mapping[str, str] = False,
) -> Result:
    """Quantize a float graph and judge the integers.

    Args:
        calibration_data, evaluation_data: whatever :func:`~.data.load_samples` reads; without evaluation data the
            network is judged on the calibration samples.
        recipe: a recipe's name, a TOML file, or ``auto``: the cheapest that loses at most ``max_drop`` points of
            accuracy (without labels: percent of noise in the output's power).
        samples: calibration samples to use at most.
        say: called with what is being done.
        switched: layers in float, beside those that the recipe switches.
        stateful: the network keeps its state from one inference to the next: every recurrent layer's, or that of these
            inputs, whose next values these outputs are. A sample may then be a sequence, whose first dimension is a
            multiple of the input's; the network sees each from its first state on.

    Raises:
        InputError: the graph is not float, the data does not fit, or there is no state to keep.
        UnsupportedError, AccumulatorOverflowError: a node cannot be quantized.
    """
    if not graph.is_float:
        raise InputError(f"'{graph.name}' is quantized already")
    say = say or (lambda _message: None)
    outside = None
    if stateful:
        outside = states_outside(graph, None if stateful is True else stateful)
    calibrating = _data(graph, outside, load_samples(_without_states(graph, outside), calibration_data, scale, samples))
    evaluating = calibrating
    if evaluation_data is not None:
        evaluating = _data(graph, outside, load_samples(_without_states(graph, outside), evaluation_data, scale))
    say("running the float network")
    network = graph if outside is None else outside.graph
    expected = evaluating.chosen(evaluating.over.outputs if evaluating.over else float_outputs(graph, evaluating.data))
    judgements: dict[str, Judgement] = {}
    judging = 0.0

    def loss(candidate: Quantized) -> float:
        nonlocal judging
        say(f"evaluating {candidate.recipe.name}")
        begin = time.perf_counter()
        found = None
        if outside is not None and evaluating.over is not None:
            kept = states_inside(outside.quantized(candidate.integer))
            found = evaluating.chosen(integer_outputs(kept, outside, evaluating.over))
        judgement = judge(candidate, evaluating.data, evaluating.labels, expected, layers=False, found=found)
        judging += time.perf_counter() - begin
        judgements[candidate.recipe.name] = judgement
        return judgement.loss

    begin = time.perf_counter()
    if recipe == "auto":
        result, attempts = quantize_auto(network, calibrating.data, loss, max_drop, say, switched=switched)
    else:
        result = quantize(network, calibrating.data, switch(find_recipe(recipe), switched), say)
        attempts = [Attempt(result.recipe.name, loss(result))]
    seconds = time.perf_counter() - begin - judging
    say(f"comparing the layers of {result.recipe.name}")
    judgement = replace(judgements[result.recipe.name], layers=layer_errors(result, evaluating.data))
    kept = None if outside is None else states_inside(outside.quantized(result.integer))
    on_itself, count = evaluation_data is None, calibrating.count
    return Result(result, judgement, tuple(attempts), max_drop, on_itself, count, seconds, kept)


@dataclass(frozen=True, eq=False)
class _Data:
    """Samples as the network takes them that is quantized.

    Attributes:
        over: where it keeps its state, every inference over the sequences.
        count: samples, or sequences.
    """

    data: Calibration
    labels: Array | None
    over: Steps | None
    count: int

    def chosen(self, outputs: Sequence[Array]) -> list[Array]:
        """What is judged: a sequence with a label by its last inference."""
        if self.over is None or self.labels is None:
            return list(outputs)
        return [output[self.over.last] for output in outputs]


def _without_states(graph: Graph, outside: Outside | None) -> Graph:
    return graph if outside is None else replace(graph, inputs=outside.inputs)


def _data(graph: Graph, outside: Outside | None, samples: Samples) -> _Data:
    if outside is None:
        return _Data(calibration(graph, samples.inputs), samples.labels, None, len(samples.inputs[0]))
    over = steps(outside, samples.inputs)
    return _Data(over.data, samples.labels, over, len(samples.inputs[0]))
