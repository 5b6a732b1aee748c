"""The whole way from a float graph and data to a judged integer network."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from ...errors import InputError
from ..ir import Graph
from .calibration import calibration
from .data import ImageScale, load_samples
from .judge import Judgement, float_outputs, judge, layer_errors
from .recipe import Attempt, Quantized, Say, Switched, find_recipe, quantize, quantize_auto, switch

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
    """

    quantized: Quantized
    judgement: Judgement
    attempts: tuple[Attempt, ...]
    max_drop: float
    evaluated_on_calibration: bool
    calibration_samples: int
    seconds: float

    @property
    def graph(self) -> Graph:
        """The integer network."""
        return self.quantized.integer

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

    Raises:
        InputError: the graph is not float, or the data does not fit.
        UnsupportedError, AccumulatorOverflowError: a node cannot be quantized.
    """
    if not graph.is_float:
        raise InputError(f"'{graph.name}' is quantized already")
    say = say or (lambda _message: None)
    calibrating = load_samples(graph, calibration_data, scale, samples)
    evaluating = calibrating if evaluation_data is None else load_samples(graph, evaluation_data, scale)
    data, evaluation = calibration(graph, calibrating.inputs), calibration(graph, evaluating.inputs)
    say("running the float network")
    expected = float_outputs(graph, evaluation)
    judgements: dict[str, Judgement] = {}
    judging = 0.0

    def loss(candidate: Quantized) -> float:
        nonlocal judging
        say(f"evaluating {candidate.recipe.name}")
        begin = time.perf_counter()
        judgement = judge(candidate, evaluation, evaluating.labels, expected, layers=False)
        judging += time.perf_counter() - begin
        judgements[candidate.recipe.name] = judgement
        return judgement.loss

    begin = time.perf_counter()
    if recipe == "auto":
        network, attempts = quantize_auto(graph, data, loss, max_drop, say, switched=switched)
    else:
        network = quantize(graph, data, switch(find_recipe(recipe), switched), say)
        attempts = [Attempt(network.recipe.name, loss(network))]
    seconds = time.perf_counter() - begin - judging
    say(f"comparing the layers of {network.recipe.name}")
    judgement = replace(judgements[network.recipe.name], layers=layer_errors(network, evaluation))
    return Result(network, judgement, tuple(attempts), max_drop, evaluation_data is None, len(data), seconds)
