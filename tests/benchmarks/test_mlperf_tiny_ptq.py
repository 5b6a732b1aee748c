"""A small run of the comparison with the published MLPerf Tiny files."""

from __future__ import annotations

import importlib
from types import ModuleType

import background
import numpy as np
import pytest


@pytest.fixture
def script() -> ModuleType:
    return importlib.import_module("mlperf_tiny_ptq")


@pytest.mark.parametrize("count", [140, 109])
def test_every_sample_is_evaluated_once_and_calibrates_the_other_network(script: ModuleType, count: int) -> None:
    for case in script.CASES.values():
        first, second = script.halves(case, count)
        assert sorted([*first, *second]) == list(range(count))


@background.needs_data
def test_the_published_autoencoder_is_farther_from_float(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "EIGHT_BIT", ("minmax",))
    rows = list(script.rows(background.DATA, "ad", script.CASES["ad"]))
    published, minmax, chosen = (float(row[3]) for row in rows[1:])
    assert minmax < published
    assert minmax == chosen
    assert float(rows[2][6]) > 0.99


def test_rank_correlation_is_of_the_anomaly_scores(script: ModuleType) -> None:
    inputs = np.zeros((4, 2))
    floating = np.array([[1.0, 0], [2, 0], [3, 0], [4, 0]])
    assert script.correlation(inputs, floating, 2 * floating) == "1.000"
    assert script.correlation(inputs, floating, floating[::-1]) == "-1.000"
