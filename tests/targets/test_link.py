"""The link on a bad day, in virtual time: no wrong verdict, and no wait beyond the stated one."""

from __future__ import annotations

import random
import struct
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from bitwright.errors import LinkError
from bitwright.targets.frames import Splitter, decode, encode
from bitwright.targets.link import VERSION, Clock, InterruptedLink, Link, Patience
from bitwright.targets.verify import compare
from boards import Board, library
from faults import KINDS, Case, Fault, VirtualClock, VirtualPort, play
from hypothesis import given
from hypothesis import strategies as st

SCHEDULES = 120


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


class Voice(Board):
    """Something else than the firmware at the other end of the line."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self.feed = answer  # type: ignore[method-assign]

    def reset(self) -> None:
        pass


def hear(voice: Callable[[bytes], bytes], answer: float = 30.0) -> tuple[str, float]:
    """The error of a HELLO, and how long it takes."""
    clock = VirtualClock()
    link = Link(VirtualPort(Voice(voice), [], clock), Patience(answer=answer), None, Clock(clock.now, clock.sleep))
    with pytest.raises(LinkError) as raised:
        link.hello()
    assert "\n" not in str(raised.value)
    return str(raised.value), clock.time


def requests(data: bytes) -> list[bytes]:
    return [body for frame in data.split(b"\0") if frame and (body := decode(frame)) is not None]


def test_other_firmwares() -> None:
    said, took = hear(lambda data: b"")
    assert said == (
        "no answer to HELLO within 30 s: nothing came from the target: it is not running, or this is not its port"
    )
    assert 30 <= took <= 30.1
    said, took = hear(lambda data: b"Hello, world\r\n")
    assert "it prints text ('Hello, world Hello, world" in said.replace("the target", "it") and took <= 30.1
    said, took = hear(lambda data: data, answer=5)  # an echo: what comes is a request
    assert "within 5 s: what came answers other requests" in said and 5 <= took <= 5.1
    said, _ = hear(lambda data: b"\0\xff\xfe\xfd\0", answer=5)
    assert "damaged" in said and "another baud rate" in said
    # Protocols 1 to 3: a sequence number of 8 bits, the status, the result.
    old = struct.pack("<BBHHHHIII", 3, 1, 512, 1, 1, 8, 1, 1, 0) + bytes(17)
    said, took = hear(lambda data: b"".join(encode(bytes([body[0], 0]) + old) for body in requests(data)))
    assert said == f"the firmware speaks protocol 3, this Bitwright speaks {VERSION}: flash it again" and took < 1
    new = bytes([VERSION + 1]) + bytes(60)
    said, _ = hear(lambda data: b"".join(encode(body[:1] + b"\0" + body[3:6] + new) for body in requests(data)))
    assert f"speaks protocol {VERSION + 1}" in said and "flash it again" in said


def test_a_line_that_is_never_silent() -> None:
    """Neither noise, nor frames that mean nothing, nor text keep a request waiting beyond its time."""

    class Babble(VirtualPort):
        babble = b""
        in_waiting = property(lambda self: 100)  # type: ignore[assignment]

        def read(self, size: int = 1) -> bytes:
            self._clock.sleep(size * 1e-4)
            start = self.received % len(self.babble)
            self.received += size
            return (self.babble * (2 + size // len(self.babble)))[start : start + size]

    rng = random.Random(5)
    for babble in (
        encode(b"another answer"),
        rng.randbytes(5000),
        bytes(7),
        b"text without an end ",
        encode(b"\0\3\0\0\0"),
    ):
        clock = VirtualClock()
        port = Babble(Voice(lambda data: b""), [], clock)
        port.babble = babble
        with pytest.raises(LinkError, match="no answer to HELLO within 30 s"):
            Link(port, clock=Clock(clock.now, clock.sleep)).hello()
        assert 30 <= clock.time <= 30.2


def test_stated_times(all_cases: list[Case]) -> None:
    case = all_cases[0]
    assert [Patience().for_run(macs) for macs in (0, 1, 50_000, 12_500_000)] == [20, 21, 21, 270]
    assert Patience(run=7).for_run(12_500_000) == 7
    # The board stops before the answer to RUN: HELLO, RESET and INPUT come before it.
    before = 13 + 13 + 22 + 64
    played = play(case.image, case.board, case.vectors, [Fault("stuck", "board", before + 10)])
    assert "no answer to RUN within 21 s" in played.error and 21 <= played.longest <= 21.1
    played = play(case.image, case.board, case.vectors, [Fault("gone", "host", 300, 0, 1e9)])
    assert "did not come back within 30 s" in played.error and 30 <= played.longest <= 30.2
    # One that comes and goes uses up the same time.
    flaps = [Fault("gone", "board", at, 0, 0.01) for at in range(300, 60_000)]
    played = play(case.image, case.board, case.vectors, flaps)
    assert "did not come back" in played.error and played.longest <= 61
    clock = VirtualClock()
    port = VirtualPort(case.board, [Fault("gone", "board", 5)], clock)
    with pytest.raises(LinkError, match=r"^the port disappeared, at HELLO: device disconnected$"):
        Link(port, clock=Clock(clock.now, clock.sleep)).hello()
    assert clock.time == 0


def test_a_board_that_restarts_for_ever(all_cases: list[Case]) -> None:
    for case in all_cases:
        if case.clean.report is not None:
            resets = [Fault("reset", "board", at, seconds=0.01) for at in range(100, 100_000, 100)]
            played = play(case.image, case.board, case.vectors, resets)
            assert "was interrupted 6 times: the board keeps restarting" in played.error


def test_a_run_that_another_host_left_paused(all_cases: list[Case]) -> None:
    """Its program has ended in the middle of fetching a tensor; a new one finds the firmware as it was left."""
    for case in all_cases:
        if case.clean.report is None:
            continue
        for request in ("_READ", "_CONTINUE"):
            clock = VirtualClock()
            case.board.reset()
            inputs = [array.tobytes() for array in case.vectors[0]]
            old = Link(VirtualPort(case.board, [], clock), clock=Clock(clock.now, clock.sleep))
            old.reset(0)
            for index, data in enumerate(inputs):
                old._request(3, 0, struct.pack("<BI", index, 0) + data)
            status, _ = old._ask(4, 0, struct.pack("<HII", 1, old._state, zlib.crc32(b"".join(inputs))), 1.0)
            assert status == 1, request
            link = Link(VirtualPort(case.board, [], clock), clock=Clock(clock.now, clock.sleep))
            report = compare(case.image, link, case.vectors)
            assert report.mismatches == case.clean.report.mismatches and not report.link_faults
            # And the old one does not take the new one's results for its own.
            with pytest.raises(InterruptedLink):
                old._ask(8 if request == "_READ" else 9, 0, struct.pack("<III", 1, 0, 4), 1.0)


def test_numbers_begin_again(all_cases: list[Case]) -> None:
    case, clock = all_cases[0], VirtualClock()
    case.board.reset()
    link = Link(VirtualPort(case.board, [], clock), clock=Clock(clock.now, clock.sleep), first=0xFFFFFFFF - 5)
    assert compare(case.image, link, case.vectors).bit_exact
    assert 0 < link._number < 100


@given(st.binary(max_size=1000))
def test_frames(body: bytes) -> None:
    frame = encode(body)
    assert frame[0] == frame[-1] == 0 and 0 not in frame[1:-1]
    assert decode(frame[1:-1]) == (body if len(body) >= 2 else None)


@given(st.binary(min_size=5, max_size=300), st.data())
def test_a_damaged_frame_is_never_read(body: bytes, data: st.DataObject) -> None:
    """One byte changed, lost or doubled."""
    frame = encode(body)[1:-1]
    at, kind = data.draw(st.integers(0, len(frame) - 1)), data.draw(st.sampled_from(["flip", "drop", "double"]))
    middle = {
        "flip": bytes([frame[at] ^ data.draw(st.integers(1, 255))]),
        "drop": b"",
        "double": frame[at : at + 1] * 2,
    }
    splitter = Splitter()
    splitter.add(b"\0" + frame[:at] + middle[kind] + frame[at + 1 :] + b"\0")
    while (received := splitter.next()) is not None:
        assert decode(received) is None
