"""Recipes: how a network is quantized, as data; and the search for the cheapest one that keeps the accuracy."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from inspect import signature
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..ir import Graph
from .annotate import Scheme, annotate
from .calibration import Calibration
from .integer import to_integer
from .methods import METHODS
from .modes import HERO, MODES, Module
from .observers import OBSERVERS
from .statistics import observe

RECIPES = Path(__file__).parent / "recipes"
#: What ``auto`` tries, cheapest first.
AUTO = ("minmax", "mse", "equalized", "corrected", "second-order", "adaround", "wide")

#: Called with what is being done.
Say = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One method of a recipe and its options."""

    method: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """A way to quantize: how grids are chosen, and the methods around that, in order."""

    name: str
    description: str
    scheme: Scheme
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Switched:
    """Patterns of names of nodes that compute in float or keep states in int8, see :class:`~.annotate.Scheme`."""

    f32: tuple[str, ...] = ()
    f16: tuple[str, ...] = ()
    int8_state: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Quantized:
    """What a recipe made of a float graph.

    Attributes:
        floating: the float graph after the methods that rewrite it; equal in function to the one given.
        annotated: the same with grids and with the weights that the methods rounded.
        integer: what becomes firmware.
    """

    recipe: Recipe
    floating: Graph
    annotated: Graph
    integer: Graph


def quantize(graph: Graph, calibration: Calibration, recipe: Recipe, say: Say | None = None) -> Quantized:
    """Quantize a float graph by a recipe.

    Raises:
        InputError: the calibration data does not fit, or a method's options do not.
        UnsupportedError, AccumulatorOverflowError: a node cannot be quantized.
    """
    say = say or (lambda _message: None)
    for step in recipe.steps:
        if not METHODS[step.method].annotated:
            graph = _applied(step, graph, calibration, say, graph)
    say("calibrating")
    statistics = observe(graph, calibration.batches())
    annotated = annotate(graph, statistics, recipe.scheme)
    for step in recipe.steps:
        if METHODS[step.method].annotated:
            annotated = _applied(step, annotated, calibration, say, graph)
    return Quantized(recipe, graph, annotated, to_integer(annotated))


def _applied(step: Step, graph: Graph, calibration: Calibration, say: Say, floating: Graph) -> Graph:
    """The method's result; one that compares with the float graph takes it as ``floating``."""
    function = METHODS[step.method].function
    keywords = [p.name for p in signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    options = [name for name in keywords if name != "floating"]
    unknown = step.options.keys() - options
    if unknown:
        raise InputError(f"method '{step.method}' has no {', '.join(sorted(unknown))}; it has {', '.join(options)}")
    say(step.method.replace("_", " "))
    given = {"floating": floating} if "floating" in keywords else {}
    return function(graph, calibration, **step.options, **given)


@dataclass(frozen=True)
class Attempt:
    """One recipe that ``auto`` tried and what it lost, in the judge's unit."""

    recipe: str
    loss: float


def quantize_auto(
    graph: Graph,
    calibration: Calibration,
    judge: Callable[[Quantized], float],
    most: float,
    say: Say | None = None,
    names: Sequence[str] = AUTO,
    switched: Switched | None = None,
) -> tuple[Quantized, list[Attempt]]:
    """The first recipe of ``names`` whose loss is at most ``most``; where none is, the one that loses least.

    Args:
        judge: the loss of a quantized network, smaller is better.
        switched: layers in float or with states of int8, whatever the recipe.

    Returns:
        The network, and every attempt in order.
    """
    best: tuple[float, Quantized] | None = None
    attempts: list[Attempt] = []
    for name in names:
        candidate = quantize(graph, calibration, switch(find_recipe(name), switched), say)
        loss = judge(candidate)
        attempts.append(Attempt(name, loss))
        if best is None or loss < best[0]:
            best = (loss, candidate)
        if loss <= most:
            break
    assert best is not None
    return best[1], attempts


def switch(recipe: Recipe, switched: Switched | None) -> Recipe:
    """The recipe with further layers in float, or with states of int8."""
    if switched is None:
        return recipe
    scheme = recipe.scheme
    more = {field.name: getattr(scheme, field.name) + getattr(switched, field.name) for field in fields(Switched)}
    return replace(recipe, scheme=replace(scheme, **more))


def recipe_names() -> list[str]:
    """The recipes that come with Bitwright."""
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def find_recipe(name: str) -> Recipe:
    """A recipe by name, or from a TOML file of the user's. Raises InputError naming the file and the field."""
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    if not path.is_file():
        raise InputError(f"there is no recipe '{name}'; there are auto, {', '.join(recipe_names())}, or a .toml file")
    return read_recipe(path)


def read_recipe(path: Path) -> Recipe:
    """A recipe file. Raises InputError naming the file and the field."""
    try:
        content = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {error}") from error
    unknown = content.keys() - {"description", "scheme", "method", "module"}
    if unknown:
        raise InputError(f"{path}: unknown {', '.join(sorted(unknown))}")
    scheme = _scheme(path, content.get("scheme", {}))
    for name in ("method", "module"):
        tables = content.get(name, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise InputError(f"{path}: {name}s are written as [[{name}]] tables")
    scheme = replace(scheme, modules=tuple(_module(path, table) for table in content.get("module", [])))
    steps = tuple(_step(path, step) for step in content.get("method", []))
    return Recipe(path.stem, str(content.get("description", "")), scheme, steps)


def _scheme(path: Path, table: Any) -> Scheme:
    known = {entry.name: entry.type for entry in fields(Scheme) if entry.name not in ("joint", "modules")}
    if not isinstance(table, Mapping) or table.keys() - known.keys():
        raise InputError(f"{path}: [scheme] takes {', '.join(known)}")
    values = dict(table)
    for name, value in values.items():
        if known[name] == "bool" and not isinstance(value, bool):
            raise InputError(f"{path}: {name} must be true or false")
    for name in ("wide", "int8_state", "f32", "f16", "tokens"):
        patterns = values.get(name, [])
        if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
            raise InputError(f"{path}: {name} must be a list of node name patterns")
        values[name] = tuple(patterns)
    if values.get("hero", "") not in ("", *HERO):
        raise InputError(f"{path}: there is no mode '{values['hero']}'; hero is one of {', '.join(HERO)}")
    if values.get("observer", "minmax") not in OBSERVERS:
        raise InputError(f"{path}: there is no observer '{values['observer']}'; there are {', '.join(OBSERVERS)}")
    return Scheme(**values)


def _module(path: Path, table: Mapping[str, Any]) -> Module:
    known = [entry.name for entry in fields(Module)]
    if not set(table) <= set(known) or "mode" not in table or not all(isinstance(v, str) for v in table.values()):
        raise InputError(f"{path}: a [[module]] has a mode ({', '.join(MODES)}), a pattern of node names and a role")
    return Module(**table)


def _step(path: Path, table: Mapping[str, Any]) -> Step:
    options = dict(table)
    name = options.pop("name", None)
    if name not in METHODS:
        raise InputError(f"{path}: there is no method '{name}'; there are {', '.join(sorted(METHODS))}")
    return Step(name, options)
