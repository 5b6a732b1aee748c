"""The link on a bad day, in virtual time: no wrong verdict, and no wait beyond the stated one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import bitwright
import pytest
from background import ROOT
from boards import Board, library, streaming
from faults import KINDS, Case, cases, play

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"
SCHEDULES = 120


@pytest.fixture(scope="module")
def all_cases() -> Iterator[list[Case]]:
    with cases({"digits": bitwright.load(DIGITS), "streaming": streaming()}) as built:
        yield built


def test_random_faults_never_change_a_verdict(all_cases: list[Case]) -> None:
    verdicts: Counter[tuple[str, str]] = Counter()
    kinds: Counter[str] = Counter()
    for case in all_cases:
        for seed in range(SCHEDULES):
            played = case.play(seed)
            verdicts[case.name, played.verdict] += 1
            kinds.update({fault.kind for fault in case.schedule(seed)[0]})
            assert not case.violations(played), f"{case.name}, seed {seed}: {case.schedule(seed)}"
    # Most conversations come to a verdict in spite of their faults, and every kind of fault was met.
    assert all(kinds[kind] for kind in KINDS)
    for name in ("digits", "streaming"):
        assert verdicts[f"{name}, right", "exact"] > SCHEDULES // 2
        assert verdicts[f"{name}, one bit", "differs"] > SCHEDULES // 2
        assert verdicts[f"{name}, other", "error"] == SCHEDULES


#: Safeguards of the firmware: what is left out of bw_main.c, and the case that then goes wrong.
SAFEGUARDS = {
    "state": ("state_from != get32(arguments + 2) ||", "", "streaming, right"),
    "inputs": ("inputs_crc(model) != get32(arguments + 6)", "inputs_crc(model) == 1", "digits, right"),
    "results": ("return run == results_of;", "reply[STATUS] = OK; return 1;", "digits, right"),
}


@pytest.mark.parametrize("safeguard", SAFEGUARDS)
def test_faults_are_found_where_a_safeguard_is_left_out(all_cases: list[Case], safeguard: str) -> None:
    text, instead, name = SAFEGUARDS[safeguard]

    def without(main: str) -> str:
        assert main.count(text) == 1
        return main.replace(text, instead)

    (case,) = (case for case in all_cases if case.name == name)
    board = Board(library(case.image, safeguard, without))
    careless = replace(case, board=board, clean=play(case.image, board, case.vectors, []))
    assert careless.clean.verdict == "exact"
    assert any(careless.violations(careless.play(seed)) for seed in range(2000))
