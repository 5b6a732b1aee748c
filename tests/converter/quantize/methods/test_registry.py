"""Every method of the table, on networks with every kind of grid, bridge and junction."""

from __future__ import annotations

import time
from inspect import signature

import numpy as np
import pytest
from bitwright.converter.float_reference import run_float
from bitwright.converter.ir import check
from bitwright.converter.quantize.annotate import Scheme
from bitwright.converter.quantize.integer import to_integer
from bitwright.converter.quantize.methods import METHODS
from bitwright.converter.quantize.recipe import Recipe, Step, quantize
from bitwright.errors import InputError
from chains import annotated
from convnets import convnet, data

#: Methods of caches of keys and values need such a network; test_balance_cache.py has one.
OF_CACHES = ("balance_cache",)
FLOAT = [name for name, method in METHODS.items() if not method.annotated and name not in OF_CACHES]
GRID = [name for name, method in METHODS.items() if method.annotated]
#: Options that make the tests quick.
QUICK: dict[str, dict[str, int]] = {"adaround": {"iterations": 60}}
SCHEMES = {
    "affine": Scheme("mse"),
    "per tensor": Scheme(per_channel=False),
    "symmetric powers of two": Scheme(symmetric=True, power_of_two=True),
    "16x8": Scheme(wide=("*",)),
    "mixed": Scheme(wide=("depthwise", "dense")),
}


@pytest.mark.parametrize("name", FLOAT)
def test_float_methods_keep_the_function(name: str) -> None:
    graph, samples = convnet(), data(32)
    changed = check(METHODS[name].function(graph, samples))
    assert changed.is_float and [n.op for n in changed.nodes] == [n.op for n in graph.nodes]
    expected = run_float(graph, samples.inputs)[0]
    assert np.abs(run_float(changed, samples.inputs)[0] - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", GRID)
def test_grid_methods_leave_a_network_that_becomes_integers(name: str, scheme: str) -> None:
    graph, samples = convnet(), data(40)
    plain = annotated(graph, samples, SCHEMES[scheme])
    given = {"floating": graph} if "floating" in signature(METHODS[name].function).parameters else {}
    changed = check(METHODS[name].function(plain, samples, **given, **QUICK.get(name, {})))
    assert [(n.name, n.op) for n in changed.nodes] == [(n.name, n.op) for n in plain.nodes]
    expected = run_float(graph, samples.inputs)[0]
    errors = [np.mean((run_float(g, samples.inputs, simulate=True)[0] - expected) ** 2) for g in (plain, changed)]
    assert errors[1] < 2 * errors[0] + 1e-8
    integer = to_integer(changed)
    for node in integer.nodes:
        if node.op in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            assert integer.input(node, 1).value().min() >= -127


def test_methods_state_what_they_are_and_where_from() -> None:
    for name, method in METHODS.items():
        assert method.summary and "arXiv" in method.source and method.function.__name__ == name
        assert method.function.__doc__


def test_all_methods_after_each_other() -> None:
    """Rounded weights, corrected biases and tweaked scales go together, and rounding twice changes nothing."""
    graph, samples = convnet(), data(40)
    order = ["smoothquant", "equalize", "weight_mse", "second_order", "bias_correction", "norm_tweak"]
    result = quantize(graph, samples, Recipe("all", "", Scheme("mse"), tuple(Step(name) for name in order)))
    expected = run_float(graph, samples.inputs)[0]
    plain = quantize(graph, samples, Recipe("none", "", Scheme("mse"))).annotated
    errors = [
        np.mean((run_float(g, samples.inputs, simulate=True)[0] - expected) ** 2) for g in (result.annotated, plain)
    ]
    assert errors[0] < errors[1]


def test_unknown_options_and_floating_are_refused() -> None:
    for option in ("speed", "floating"):
        recipe = Recipe("mine", "", Scheme(), (Step("bias_correction", {option: 3}),))
        with pytest.raises(InputError, match=f"method 'bias_correction' has no {option}; it has samples"):
            quantize(convnet(), data(4), recipe)


def test_cheap_methods_are_cheap() -> None:
    """A second each would be a lot for a network of this size; what is measured is processor time."""
    graph, samples = convnet(), data(400)
    plain = annotated(graph, samples)
    for name, method in ((name, method) for name, method in METHODS.items() if name not in OF_CACHES):
        begin = time.process_time()
        method.function(plain if method.annotated else graph, samples, **QUICK.get(name, {}))
        assert time.process_time() - begin < 5
