"""A verification that stops goes on where it stopped, and only that one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from background import ROOT
from bitwright.cli import main
from bitwright.errors import InputError
from faults import Case, Fault, play

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"


def named(all_cases: list[Case], name: str) -> Case:
    (case,) = (case for case in all_cases if case.name == name)
    return case


@pytest.mark.parametrize("name", ["digits, right", "digits, one bit", "streaming, right", "streaming, one bit"])
def test_resumed_where_the_board_stopped(name: str, all_cases: list[Case], tmp_path: Path) -> None:
    case, journal = named(all_cases, name), tmp_path / "journal"
    kept = [0]
    for part in (2, 4.5, 4.5):
        stop = Fault("stuck", "board", int(case.clean.sent * part / 10))
        played = play(case.image, case.board, case.vectors, [stop], journal=journal)
        kept.append(len(journal.read_text().splitlines()) - 1)
        if played.report is None:
            assert f"; {kept[-1]} of 3 vectors are kept in '{journal}'" in played.error
    assert kept == sorted(kept) and kept[1] == 0 and kept[2] in (1, 2)
    played = play(case.image, case.board, case.vectors, [], journal=journal)
    assert played.report is not None and case.clean.report is not None
    assert played.report.resumed == kept[-1]
    assert replace(played.report, resumed=0, link_faults=()) == case.clean.report
    if name == "digits, right":  # what was done is not done again; a streaming network must be
        assert played.sent < case.clean.sent * (3 - kept[-1]) / 3 + 40
    again = play(case.image, case.board, case.vectors, [], journal=journal)
    assert again.report is not None and again.report.resumed == 3 and again.sent < 50
    assert again.report.mismatches == case.clean.report.mismatches


def test_a_line_that_was_cut_off_is_done_again(all_cases: list[Case], tmp_path: Path) -> None:
    case, journal = named(all_cases, "digits, one bit"), tmp_path / "journal"
    play(case.image, case.board, case.vectors, [], journal=journal)
    whole = journal.read_bytes()
    for cut in (1, 30):
        journal.write_bytes(whole[:-cut])
        played = play(case.image, case.board, case.vectors, [], journal=journal)
        assert played.report is not None and played.report.resumed == 2
        assert played.report.mismatches == case.clean.report.mismatches  # type: ignore[union-attr]
        assert journal.read_bytes() == whole


def test_a_journal_of_something_else_is_refused(all_cases: list[Case], tmp_path: Path) -> None:
    case, other, journal = named(all_cases, "digits, right"), named(all_cases, "streaming, right"), tmp_path / "journal"
    play(case.image, case.board, case.vectors, [Fault("stuck", "board", 400)], journal=journal)
    whole = journal.read_bytes()
    first, *rest = whole.splitlines(keepends=True)
    elsewhere = replace(case.image, target=replace(case.image.target, name="elsewhere"))
    refusals = [
        (other.image, other.vectors, whole, "another verification \\(model, build, inputs differ\\)"),
        (case.image, case.vectors[::-1], whole, "\\(inputs differ\\)"),
        (case.image, case.vectors[:2], whole, "\\(vectors, inputs differ\\)"),
        (elsewhere, case.vectors, whole, "\\(target differ\\)"),
        (case.image, case.vectors, b"", "is no journal"),
        (case.image, case.vectors, b"\x89PNG\r\n\x1a\n\xff", "is no journal"),
        (case.image, case.vectors, b"[1]\n", "is no journal"),
        (case.image, case.vectors, b'{"format": "bitwright-journal", "version": 9}\n', "version 9"),
        (case.image, case.vectors, first + b"{}\n", "line 2 .* is damaged"),
        (case.image, case.vectors, first + b'{"outputs": ["%"]}\n', "line 2 .* is damaged"),
        (case.image, case.vectors, first + rest[0] * 4, "holds more vectors than the 3"),
    ]
    for image, vectors, content, message in refusals:
        journal.write_bytes(content)
        with pytest.raises((InputError, AssertionError), match=message):
            play(image, case.board, vectors, [], journal=journal)
        assert journal.read_bytes() == content


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = tmp_path / "journal"
    command = ["verify", str(DIGITS), "--target", "host", "--vectors", "3", "--resume", str(journal)]
    assert main(command) == 0
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]))
    capsys.readouterr()
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "The first 2 vectors were verified earlier" in said and "bit-exact" in said
    assert journal.read_bytes() == b"".join(lines)
    assert main([*command, "--seed", "5"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "is of another verification (inputs differ)" in error
    assert main([*command[:-1], str(tmp_path)]) == 2
