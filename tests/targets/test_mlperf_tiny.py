"""The MLPerf Tiny networks: equal to tflite-runtime on every labelled sample, bit-exact in every layer on two cores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from background import evaluation, golden, model_path, needs_data
from bitwright.cli import main
from bitwright.codegen.program import lower
from bitwright.converter.load import load
from bitwright.converter.reference import Session
from tools import needs_target

NETWORKS = ("kws_ref_model", "vww_96_int8", "pretrainedResnet_quant", "ad01_int8", "str_ww_ref_model")
EVALUATED = NETWORKS[:4]


@needs_data
@pytest.mark.parametrize("name", EVALUATED)
def test_every_evaluation_sample(name: str) -> None:
    samples = evaluation(name)
    session = Session(load(model_path(f"mlperf_tiny/{name}")))
    for index, (sample, expected) in enumerate(zip(samples["x"], samples["out"], strict=True)):
        (output,) = session.trace([sample[None]]).outputs
        assert np.array_equal(output.ravel(), expected.ravel()), index


@needs_data
@pytest.mark.parametrize("target", [needs_target("mps2-an386"), needs_target("qemu-rv32")])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_on_the_target(name: str, target: str, tmp_path: Path) -> None:
    """Real samples from a file, then random and extreme vectors, as a user would verify them."""
    model, vectors = str(model_path(f"mlperf_tiny/{name}")), golden(f"mlperf_tiny/{name}")
    real = vectors["in0"][vectors["kind"] == "real"]
    np.save(tmp_path / "x.npy", real[:2])
    few = "8" if name == "kws_ref_model" else "1"
    for arguments in (["--inputs", str(tmp_path / "x.npy")], ["--vectors", few]):
        report = tmp_path / "report.json"
        assert main(["verify", model, "--target", target, "--json", str(report), *arguments]) == 0
        content = json.loads(report.read_text())
        assert content["bit_exact"] and content["mismatches"] == [] and content["link_faults"] == []
        assert content["instructions"] == sum(layer["instructions"] for layer in content["layers"])
        assert content["instructions"] > content["macs"] // 2
        assert 0 < content["ram"]["stack"] <= 512


@needs_data
@pytest.mark.parametrize("isa", ["generic", "armv7em", "rv32"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_arena_is_near_its_lower_bound(name: str, isa: str) -> None:
    plan = lower(load(model_path(f"mlperf_tiny/{name}")), list(dict.fromkeys((isa, "generic")))).plan
    assert plan.lower_bound <= plan.bytes <= 1.25 * plan.lower_bound
