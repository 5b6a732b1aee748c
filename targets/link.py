"""The host's end of the link: requests over any pyserial port. docs/link.md describes the protocol."""

from __future__ import annotations

import math
import random
import struct
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import serial

from ..errors import LinkError
from .frames import Heard, Splitter, decode, encode

VERSION = 4
_HELLO, _RESET, _INPUT, _RUN, _POINTS, _OUTPUT, _COUNT_LOOP, _READ, _CONTINUE = range(1, 10)
_OK, _PAUSED, _BAD_REQUEST, _DAMAGED, _STALE = range(5)
_NAMES = ("", "HELLO", "RESET", "INPUT", "RUN", "POINTS", "OUTPUT", "COUNT_LOOP", "READ", "CONTINUE")
_NO_POINT, _NO_STACK = 0xFFFF, 0xFFFFFFFF
_UNITS = (None, "instructions", "cycles")
_HELLO_BYTES = 40
#: Seconds that a run may take, and the multiplications in one of them on the slowest target that is thought of.
_LEAST_RUN, _SLOWEST = 20.0, 50_000
_SLICE = 0.1  # seconds that one read waits: by so much may a stated time be exceeded


class Port(Protocol):
    """What the link needs of a pyserial port; reads return what came within the port's timeout."""

    timeout: float | None
    write_timeout: float | None

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read without waiting."""

    def read(self, size: int = 1) -> bytes:
        """Up to ``size`` bytes. Raises OSError: the port has gone."""

    def write(self, data: bytes) -> int | None:
        """Send all bytes. Raises OSError: the port has gone, or does not take them in time."""

    def close(self) -> None:
        """Give the port back."""


@dataclass(frozen=True)
class Clock:
    """Time in seconds; tests have their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Patience:
    """How long the link waits, in seconds.

    Attributes:
        again: for an answer before the request is sent again; an eighth of it after a damaged frame.
        answer: for the answer to a request, however often it is sent.
        run: for one inference; None: 20 and one for 50,000 MACs, which is ample for the slowest core.
        reconnect: for a port that disappeared, within one request.
    """

    again: float = 2.0
    answer: float = 30.0
    run: float | None = None
    reconnect: float = 30.0

    def for_run(self, macs: int) -> float:
        """Seconds for one inference of that many multiplications."""
        return _LEAST_RUN + math.ceil(macs / _SLOWEST) if self.run is None else self.run


class InterruptedLink(LinkError):
    """What the request builds on is gone: the board restarted, or another program wrote to it. Begin again at RESET."""


@dataclass(frozen=True)
class Fault:
    """Something that went wrong on the link and was repaired."""

    request: str
    what: str

    def __str__(self) -> str:
        return f"{self.request}: {self.what}"


@dataclass(frozen=True)
class PointResult:
    """One trace point: CRC-32 of the tensor; count of its layer (in ``Hello.unit``), of the core with the most and of
    all cores (None where nothing is counted)."""

    crc: int
    count: int | None
    all_cores: int | None


@dataclass(frozen=True)
class RunResult:
    """One inference on the target: ``count`` in ``Hello.unit``, ``stack`` in bytes; None where it is not measured."""

    points: list[PointResult]
    outputs: list[bytes]
    count: int | None
    stack: int | None


@dataclass(frozen=True)
class Hello:
    """What the firmware says of itself and one model; ``unit`` of its counts: "instructions", "cycles" or None."""

    models: int
    chunk: int
    inputs: int
    outputs: int
    points: int
    numerator: int
    denominator: int
    hook: int
    build_id: str
    cores: int
    unit: str | None

    def count(self, ticks: int) -> int | None:
        """Counter ticks in ``unit``, exact: one of it is at least two ticks, or exactly one."""
        if not self.denominator:
            return None
        return (ticks * self.numerator * 2 + self.denominator) // (2 * self.denominator)


class Link:
    """A conversation with a firmware.

    Every request has a number that no other has, of this host or another; its answer carries the same number. What a
    request builds on is named by number, too: the state that a run starts from, the run that a table belongs to. So an
    answer is either the one that was asked for, or an error.

    Args:
        port: an open pyserial port.
        patience: how long to wait for what; a number is ``Patience.again``.
        reopen: opens the port again after it disappeared; None: a lost port is an error at once.
        clock: where the time comes from.
        first: number of the first request; a random one when absent.
    """

    def __init__(
        self,
        port: Port,
        patience: Patience | float | None = None,
        reopen: Callable[[], Port] | None = None,
        clock: Clock | None = None,
        first: int | None = None,
    ) -> None:
        self._port = port
        self._patience = patience if isinstance(patience, Patience) else Patience(patience or Patience.again)
        self._reopen = reopen
        self._clock = clock or Clock()
        self._number = random.SystemRandom().getrandbits(32) if first is None else first
        self._state = 0  # number of the request that the firmware's state comes from; 0: not known
        self._received = Splitter()
        self._hello: dict[int, Hello] = {}
        self._heard = Heard()
        self.faults: list[Fault] = []
        port.timeout = _SLICE

    # -- requests -----------------------------------------------------------------------------------------------

    def hello(self, model: int = 0) -> Hello:
        """What the firmware says of itself. Raises LinkError: no answer, or another protocol version."""
        if model not in self._hello:
            body = self._request(_HELLO, model)
            if len(body) != _HELLO_BYTES or body[0] != VERSION or body[-1] >= len(_UNITS):
                raise _other_version(body[0] if body else None)
            fields = struct.unpack("<BHHHHIII16sBB", body[1:])
            models, chunk, inputs, outputs, points, numerator, denominator, hook, build, cores, unit = fields
            shape = (models, chunk, inputs, outputs, points)
            self._hello[model] = Hello(*shape, numerator, denominator, hook, build.hex(), cores, _UNITS[unit])
        return self._hello[model]

    def check_build(self, model: int, build_id: str) -> None:
        """Raise LinkError unless the firmware was built from these sources."""
        found = self.hello(model).build_id
        if found != build_id:
            raise LinkError(f"the firmware on the target is build {found}, expected {build_id}: flash it again")

    def reset(self, model: int) -> None:
        """Give the model's state its initial value."""
        self._request(_RESET, model)
        self._state = self._number

    def run(self, model: int, inputs: Sequence[bytes], output_bytes: Sequence[int], macs: int = 5_000_000) -> RunResult:
        """One inference; ``output_bytes`` are the outputs' sizes, ``macs`` say how long it may take.

        Raises:
            InterruptedLink: the state that it starts from, or its result, is lost. LinkError: no answer.
        """
        body = self.advance(model, inputs, macs)
        hello, run = self.hello(model), self._state
        table = self._fetch(_POINTS, model, struct.pack("<I", run), 16 * hello.points)
        points = []
        for crc, longest, total, parts in struct.iter_unpack("<IIII", table):
            own = max(0, longest - parts * hello.hook)
            every = max(0, total - parts * hello.hook * hello.cores)
            points.append(PointResult(crc, *((own, every) if hello.denominator else (None, None))))
        if len(output_bytes) != hello.outputs:
            raise LinkError(f"the firmware's model has {hello.outputs} outputs, {len(output_bytes)} were expected")
        outputs = [
            self._fetch(_OUTPUT, model, struct.pack("<BI", index, run), size) for index, size in enumerate(output_bytes)
        ]
        counts = [point.count for point in points if point.count is not None]
        (stack,) = struct.unpack("<I", body)
        return RunResult(points, outputs, sum(counts) if counts else None, None if stack == _NO_STACK else stack)

    def advance(self, model: int, inputs: Sequence[bytes], macs: int = 5_000_000) -> bytes:
        """One inference whose results are left on the target: what a streaming network's state needs."""
        status, body = self._start(model, inputs, _NO_POINT, macs)
        if status != _OK:
            raise LinkError("the firmware paused a run that it was not asked to pause")
        return body

    def dump(self, model: int, inputs: Sequence[bytes], point: int, macs: int = 5_000_000) -> bytes:
        """Run again and fetch the tensor of one trace point as it was written, all parts of it."""
        status, body = self._start(model, inputs, point, macs)
        run = struct.pack("<I", self._state)
        data = []
        while status == _PAUSED:
            (size,) = struct.unpack("<I", body)
            data.append(self._fetch(_READ, model, run, size))
            status, body = self._ask(_CONTINUE, model, run, self._patience.for_run(macs))
        return b"".join(data)

    def count_loop(self, iterations: int) -> int | None:
        """Measured count, in ``Hello.unit``, of ``iterations - 1`` passes through a loop of three instructions."""
        hello = self.hello()
        long, short = struct.unpack("<II", self._request(_COUNT_LOOP, 0, struct.pack("<I", iterations)))
        first, second = hello.count(long), hello.count(short)
        return None if first is None or second is None else first - second

    def _start(self, model: int, inputs: Sequence[bytes], point: int, macs: int) -> tuple[int, bytes]:
        """Send the inputs and run; the firmware refuses other inputs and another state than the ones that are meant."""
        hello = self.hello(model)
        if len(inputs) != hello.inputs:
            raise LinkError(f"the firmware's model has {hello.inputs} inputs, {len(inputs)} were given")
        if not self._state:
            self.reset(model)
        crc = 0
        for index, data in enumerate(inputs):
            crc = zlib.crc32(data, crc)
            for offset in range(0, len(data), hello.chunk):
                part = data[offset : offset + hello.chunk]
                self._request(_INPUT, model, struct.pack("<BI", index, offset) + part)
        arguments = struct.pack("<HII", point, self._state, crc)
        answer = self._ask(_RUN, model, arguments, self._patience.for_run(macs))
        self._state = self._number
        return answer

    def _fetch(self, command: int, model: int, prefix: bytes, size: int) -> bytes:
        chunk = self.hello(model).chunk
        parts = []
        for offset in range(0, size, chunk):
            length = min(chunk, size - offset)
            part = self._request(command, model, prefix + struct.pack("<II", offset, length))
            if len(part) != length:
                raise LinkError(f"the firmware answered {_NAMES[command]} with {len(part)} bytes instead of {length}")
            parts.append(part)
        return b"".join(parts)

    # -- answers ------------------------------------------------------------------------------------------------

    def _request(self, command: int, model: int, arguments: bytes = b"") -> bytes:
        """The result of a request that must be done."""
        status, answer = self._ask(command, model, arguments, self._patience.answer)
        if status != _OK:
            raise LinkError(f"the firmware answered {_NAMES[command]} with status {status}")
        return answer

    def _ask(self, command: int, model: int, arguments: bytes, timeout: float) -> tuple[int, bytes]:
        """Send a request until its answer arrives whole: status, done or paused, and result.

        The firmware answers a repetition without executing it twice.
        """
        self._number = self._number % 0xFFFFFFFF + 1
        number = self._number.to_bytes(4, "little")
        frame = encode(bytes([number[0], command, model]) + number[1:] + arguments)
        self._heard = Heard()
        deadline, away = self._clock.now() + timeout, self._patience.reconnect
        while self._clock.now() < deadline:
            try:
                answer = self._try(command, number, frame, deadline)
            except OSError as error:
                gone = self._reconnect(command, error, away)
                deadline, away = deadline + gone, away - gone
                continue
            if answer is not None:
                return self._status(command, answer)
        self._heard.rest(self._received.rest())
        raise LinkError(f"no answer to {_NAMES[command]} within {timeout:g} s: {self._heard}")

    def _status(self, command: int, answer: bytes) -> tuple[int, bytes]:
        status, body = answer[1], answer[5:]
        if status == _STALE:
            self._forget()
            raise InterruptedLink(f"the board restarted before {_NAMES[command]}, or another program uses its port")
        if status not in (_OK, _PAUSED):
            raise LinkError(f"the firmware refused {_NAMES[command]} (status {status})")
        return status, body

    def _forget(self) -> None:
        """Whatever the firmware said or was told may no longer hold."""
        self._state = 0
        self._hello.clear()

    def _try(self, command: int, number: bytes, frame: bytes, deadline: float) -> bytes | None:
        """Send a request once: its answer, or None when it must be sent again. Raises OSError: the port has gone."""
        sent = self._clock.now()
        until, soon = min(deadline, sent + self._patience.again), sent + self._patience.again / 8
        self._port.write_timeout = max(_SLICE, until - sent)
        try:
            self._port.write(frame)
        except serial.SerialTimeoutException:
            self._note(command, "the port took no bytes in time; sent again")
            return None
        noted = len(self.faults)
        while (received := self._frame(until)) is not None:
            answer = decode(received)
            if answer is None:
                self._heard.damaged(received)
                self._note(command, "a damaged frame came from the target; sent again", noted)
            elif len(answer) >= 5 and answer[0:1] + answer[2:5] == number:
                return answer
            elif answer[:5] == bytes([0, _DAMAGED, 0, 0, 0]):
                self._note(command, "a frame arrived damaged at the target; sent again", noted)
            else:  # a late answer to an earlier request, or to somebody else
                self._heard.strangers += 1
                if command == _HELLO and answer[0] == number[0] and answer[1] == _OK and 0 < answer[2] < VERSION:
                    raise _other_version(answer[2])
                continue
            until = min(until, max(soon, self._clock.now()))
        # A long inference is no fault: the firmware does not listen while it computes.
        if self._clock.now() >= sent + self._patience.again and command not in (_RUN, _CONTINUE):
            self._note(command, "no answer in time; sent again")
        return None

    def _frame(self, until: float) -> bytes | None:
        """The next frame that arrives; None when the time is up, whatever else arrives."""
        while self._clock.now() < until:
            frame = self._received.next()
            if frame is not None:
                return frame
            data = self._port.read(max(1, self._port.in_waiting))
            if data and self._port.in_waiting == 1:
                # pyserial's socket:// never reports more than one waiting byte: take what is there.
                self._port.timeout = 0
                data += self._port.read(4096)
                self._port.timeout = _SLICE
            self._received.add(data)
        return None

    def _reconnect(self, command: int, error: OSError, budget: float) -> float:
        """Open a port again that disappeared: the seconds that it took. Raises LinkError: it did not come back."""
        self._received.rest()
        begin = self._clock.now()
        why: Exception = error
        while self._reopen is not None and self._clock.now() - begin < budget:
            try:
                self._port.close()
                self._port = self._reopen()
                self._port.timeout = _SLICE
            except (OSError, LinkError) as failed:
                why = failed
                self._clock.sleep(min(0.5, max(_SLICE, begin + budget - self._clock.now())))
            else:
                self._note(command, "the port disappeared and came back")
                self._clock.sleep(_SLICE)  # one that comes and goes at once uses up the time, too
                return self._clock.now() - begin
        waited = "" if self._reopen is None else f" and did not come back within {self._patience.reconnect:g} s"
        raise LinkError(f"the port disappeared{waited}, at {_NAMES[command]}: {' '.join(str(why).split())}")

    def _note(self, command: int, what: str, since: int | None = None) -> None:
        """Keep a fault; only one of the kind ``since`` so many faults."""
        fault = Fault(_NAMES[command], what)
        if since is None or fault not in self.faults[since:]:
            self.faults.append(fault)


def fault_lines(faults: Iterable[str]) -> tuple[str, ...]:
    """What was repaired, one line each, and how often where it was more than once."""
    return tuple(f"{fault} ({times} times)" if times > 1 else fault for fault, times in Counter(faults).items())


def _other_version(version: int | None) -> LinkError:
    spoken = "another protocol" if version is None else f"protocol {version}"
    return LinkError(f"the firmware speaks {spoken}, this Bitwright speaks {VERSION}: flash it again")
