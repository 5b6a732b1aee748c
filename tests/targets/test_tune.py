"""Tuning: the selection against every combination, promises against what is built, wrong kernels and budgets named."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from background import ROOT, model_path, needs_data
from bitwright.cli import main
from bitwright.codegen import kernels
from bitwright.codegen.kernels.kernel import Kernel
from bitwright.errors import ResourceError, ToolError
from bitwright.targets.target import find_target
from bitwright.targets.tune import measure as measuring
from bitwright.targets.tune import tune as tuning
from bitwright.targets.tune.measure import Candidate, Measured, measure
from bitwright.targets.tune.select import flash_bytes, select
from tools import needs_target

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"
M4 = pytest.mark.parametrize("target", [needs_target("mps2-an386")])
#: By how much an estimate of a kernel's author may miss what is measured, for layers that weigh something.
ESTIMATE, WEIGHT = 1.25, 20_000


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads what a user's runs have left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BITWRIGHT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def some_network(seed: int) -> Measured:
    """Four layers with up to three kernels, whose code is partly shared."""
    rng = random.Random(seed)
    code = {f"file{i}": rng.randrange(50, 900) for i in range(4)}
    layers = {
        f"layer{i}": tuple(
            Candidate(
                f"kernel{k}",
                rng.randrange(1000, 9000),
                None,
                rng.randrange(100, 600),
                rng.randrange(100, 900),
                tuple(rng.sample(sorted(code), rng.randrange(0, 3))),
            )
            for k in range(rng.randrange(1, 4))
        )
        for i in range(4)
    }
    return Measured(layers, code, rng.randrange(100, 300), 0)


@pytest.mark.parametrize("seed", range(12))
def test_the_selection_is_the_best_of_all_combinations(seed: int) -> None:
    measured = some_network(seed)
    names = list(measured.layers)
    every = [
        dict(zip(names, (c.kernel for c in chosen), strict=True))
        for chosen in itertools.product(*measured.layers.values())
    ]

    def instructions(combination: dict[str, str]) -> int:
        return sum(c.instructions for n, found in measured.layers.items() for c in found if c.kernel == combination[n])

    sizes = sorted(flash_bytes(measured, combination) for combination in every)
    for budget in (None, sizes[0], sizes[len(sizes) // 3], sizes[-1], sizes[0] - 1):
        fitting = [c for c in every if budget is None or flash_bytes(measured, c) <= budget]
        for objective in ("speed", "flash"):
            found = select(measured, objective, budget)
            if not fitting:
                assert found is None
                continue
            assert found is not None
            costs = [(instructions(c), flash_bytes(measured, c)) for c in fitting]
            cost = (instructions(found), flash_bytes(measured, found))
            order = (lambda pair: pair) if objective == "speed" else (lambda pair: pair[::-1])
            assert order(cost) == min(map(order, costs))


@M4
def test_what_is_promised_is_what_is_built(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tuned = bitwright.tune(DIGITS, target)
    report = bitwright.verify(DIGITS, target, vectors=2, choices=tuned)
    assert report.bit_exact and report.flash == tuned.sizes.flash and report.ram == tuned.sizes.ram
    for layer, cost in zip(tuned.layers, report.layers, strict=True):
        # How many instructions load the arguments of the trace depends on where the plan puts them.
        assert abs(layer.chosen.instructions - (cost.instructions or 0)) <= 4
        assert layer.chosen.instructions == min(c.instructions for c in layer.candidates)
    assert tuned.instructions <= tuned.default_instructions
    monkeypatch.setattr(measuring, "_run", lambda *_: pytest.fail("measured again"))
    assert bitwright.tune(DIGITS, target).to_json() == tuned.to_json()


@M4
def test_budgets(target: str) -> None:
    smallest = bitwright.tune(DIGITS, target, "flash")
    least = smallest.sizes.flash["total"]
    assert bitwright.tune(DIGITS, target, flash=least).sizes.flash["total"] <= least
    with pytest.raises(ResourceError, match=f"needs less flash than {least:,} bytes, more than the budget of 1,000"):
        bitwright.tune(DIGITS, target, flash=1000)
    lightest = bitwright.tune(DIGITS, target, "ram")
    used = sum(value or 0 for value in lightest.sizes.ram.values())
    assert lightest.sizes.arena <= smallest.sizes.arena
    with pytest.raises(ResourceError, match="needs less RAM than") as error:
        bitwright.tune(DIGITS, target, ram=300)
    named = int(re.findall(r"less RAM than ([\d,]+)", str(error.value))[0].replace(",", ""))
    assert used <= named
    within = bitwright.tune(DIGITS, target, ram=named)
    assert sum(value or 0 for value in within.sizes.ram.values()) <= named
    assert within.instructions <= lightest.instructions


@M4
def test_parts_that_promise_too_much(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget that the whole meets is met although the sum of the parts does not."""
    least = bitwright.tune(DIGITS, target, "flash").sizes.flash["total"]

    def pessimist(*arguments: Any) -> Measured:
        measured = measure(*arguments)
        return replace(measured, other_code=measured.other_code + 500)

    monkeypatch.setattr(tuning, "measure", pessimist)
    assert bitwright.tune(DIGITS, target, flash=least).sizes.flash["total"] == least


@M4
def test_a_wrong_kernel_is_named(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table = kernels.KERNELS["generic"]
    good = table["FULLY_CONNECTED"][-1]

    def wrong(graph: Any, node: Any, params: Any) -> Any:
        call = good.lower(graph, node, params)
        assert call is not None
        dot = call.params["dot"]
        assert isinstance(dot, dict)
        return replace(call, params={**call.params, "dot": {**dot, "bias": dot["bias"] + np.int32(1 << 12)}})

    tables = {**kernels.KERNELS, "generic": {**table, "FULLY_CONNECTED": (good, Kernel("hasty", wrong))}}
    monkeypatch.setattr(kernels, "KERNELS", tables)
    with pytest.raises(ToolError, match=r"the kernel 'hasty' of layer 'fully_connected_\d+' is wrong on mps2-an386"):
        bitwright.tune(DIGITS, target)


@M4
def test_command_line_and_its_file(target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, again = tmp_path / "c.json", tmp_path / "again.json"
    assert main(["tune", str(DIGITS), "--target", target, "--for", "flash", "-o", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "bytes of flash" in shown and "the only one" in shown and f"Wrote {file}" in shown
    assert main(["tune", str(DIGITS), "--target", target, "--for", "flash", "-o", str(again), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kernels"] == json.loads(file.read_text())["kernels"]
    assert file.read_bytes() == again.read_bytes()
    choices = ["--target", target, "--choices", str(file)]
    assert main(["compile", str(DIGITS), *choices, "-o", str(tmp_path / "project")]) == 0
    assert "_dsp" not in (tmp_path / "project" / "src" / "digits_int8.c").read_text()
    assert main(["report", str(DIGITS), *choices, "--profile", "-o", str(tmp_path / "r.html")]) == 0
    page = (tmp_path / "r.html").read_text()
    assert "Kernels chosen by measurement" in page and 'id="flame-data"' in page
    capsys.readouterr()
    content = json.loads(file.read_text())
    for change, message in (
        ("nonsense", "is no file of choices"),
        ("{}", "`bitwright tune` writes them"),
        (json.dumps({**content, "kernels": [1]}), "must name a kernel for each layer"),
        (json.dumps({**content, "model_sha256": "0" * 64}), "was made for another model"),
        (json.dumps({**content, "kernels": {"nowhere": "generic"}}), "'nowhere', which is no layer of the network"),
    ):
        file.write_text(change)
        assert main(["verify", str(DIGITS), *choices]) == 2
        error = capsys.readouterr().err
        assert message in error and error.count("\n") == 1
    for arguments, message in (
        (["--target", "host"], "'host' counts no instructions"),
        (["--target", target, "--flash", "0"], "a budget is a number of bytes above zero"),
        (["--target", target, "--choices", str(file)], "unrecognized arguments"),
    ):
        assert main(["tune", str(DIGITS), *arguments, "-o", str(again)]) == 2
        assert message in capsys.readouterr().err


@needs_data
@pytest.mark.parametrize("target", [needs_target("mps2-an386"), needs_target("qemu-rv32")])
@pytest.mark.parametrize("name", ["kws_ref_model", "ad01_int8"])
def test_estimates_are_near_what_is_measured(name: str, target: str) -> None:
    """The choice among kernels relies on their authors' estimates; those of every candidate, chosen or not."""
    measured = measure(bitwright.load(model_path(f"mlperf_tiny/{name}")), find_target(target))
    wrong = {
        (layer, c.kernel): (c.estimate, c.instructions)
        for layer, found in measured.layers.items()
        for c in found
        if c.estimate is not None and c.instructions >= WEIGHT
        if not c.instructions / ESTIMATE <= c.estimate <= c.instructions * ESTIMATE
    }
    assert not wrong
