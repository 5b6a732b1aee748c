"""The host's end of the link: framed requests over any pyserial port. docs/link.md describes the protocol."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..errors import LinkError

VERSION = 4
_HELLO, _RESET, _INPUT, _RUN, _POINTS, _OUTPUT, _COUNT_LOOP, _READ, _CONTINUE = range(1, 10)
_OK, _PAUSED, _BAD_REQUEST, _DAMAGED = range(4)
_NAMES = {
    _HELLO: "HELLO",
    _RESET: "RESET",
    _INPUT: "INPUT",
    _RUN: "RUN",
    _POINTS: "POINTS",
    _OUTPUT: "OUTPUT",
    _COUNT_LOOP: "COUNT_LOOP",
    _READ: "READ",
    _CONTINUE: "CONTINUE",
}
_NO_POINT = 0xFFFF
_UNITS = (None, "instructions", "cycles")
_MOST_FAULTS = 32  # consecutive damaged or missing answers to one request before the link is given up


class Port(Protocol):
    """What the link needs of a pyserial port; reads return what came within the port's timeout."""

    timeout: float | None

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read without waiting."""

    def read(self, size: int = 1) -> bytes:
        """Up to ``size`` bytes."""

    def write(self, data: bytes) -> int | None:
        """Send all bytes."""


@dataclass(frozen=True)
class Fault:
    """Something that went wrong on the link and was repaired by asking again."""

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


def encode(body: bytes) -> bytes:
    """A frame: COBS over body and CRC-32, between zero bytes."""
    data = body + struct.pack("<I", zlib.crc32(body))
    frame = bytearray(b"\0")
    position = 0
    while True:
        end = data.find(b"\0", position, position + 254)
        run = data[position : end if end >= 0 else position + 254]
        frame.append(len(run) + 1)
        frame += run
        position += len(run)
        if len(run) < 254:
            if position >= len(data):
                break
            position += 1
        elif position >= len(data):
            break
    return bytes(frame + b"\0")


def decode(frame: bytes) -> bytes | None:
    """The body of a frame without its delimiters, or None when it is damaged."""
    data = bytearray()
    position = 0
    while position < len(frame):
        code = frame[position]
        run = frame[position + 1 : position + code]
        if code == 0 or len(run) != code - 1:
            return None
        data += run
        position += code
        if code < 255 and position < len(frame):
            data.append(0)
    if len(data) < 6:
        return None
    body, crc = bytes(data[:-4]), struct.unpack("<I", data[-4:])[0]
    return body if zlib.crc32(body) == crc else None


class Link:
    """A conversation with a firmware.

    Args:
        port: an open pyserial port.
        patience: seconds to wait for an answer before the request is sent again.
        run_timeout: seconds that one inference may take.
    """

    def __init__(self, port: Port, patience: float = 2.0, run_timeout: float = 120.0) -> None:
        self._port = port
        self._patience = patience
        self._run_timeout = run_timeout
        self._sequence = 0
        self._received = bytearray()
        self._hello: dict[int, Hello] = {}
        self.faults: list[Fault] = []

    # -- requests -----------------------------------------------------------------------------------------------

    def hello(self, model: int = 0) -> Hello:
        """What the firmware says of itself. Raises LinkError: no answer, or another protocol version."""
        if model not in self._hello:
            body = self._request(_HELLO, bytes([model]))
            if len(body) != 40 or body[0] != VERSION or body[39] >= len(_UNITS):
                raise LinkError(
                    f"the firmware speaks protocol {body[0] if body else '?'}, this Bitwright speaks {VERSION}"
                )
            _, models, chunk, inputs, outputs, points, numerator, denominator, hook = struct.unpack_from(
                "<BBHHHHIII", body
            )
            identity = body[22:38].hex()
            self._hello[model] = Hello(
                *(models, chunk, inputs, outputs, points, numerator, denominator, hook, identity, body[38]),
                unit=_UNITS[body[39]],
            )
        return self._hello[model]

    def check_build(self, model: int, build_id: str) -> None:
        """Raise LinkError unless the firmware was built from these sources."""
        found = self.hello(model).build_id
        if found != build_id:
            raise LinkError(f"the firmware on the target is build {found}, expected {build_id}: flash it again")

    def reset(self, model: int) -> None:
        """Give the model's state its initial value."""
        self._request(_RESET, bytes([model]))

    def run(self, model: int, inputs: Sequence[bytes], output_bytes: Sequence[int]) -> RunResult:
        """One inference; ``output_bytes`` are the outputs' sizes. Raises LinkError: the firmware does not answer."""
        hello = self._send_inputs(model, inputs)
        body = self._request(_RUN, struct.pack("<BH", model, _NO_POINT), timeout=self._run_timeout)
        return self._result(model, hello, body, output_bytes)

    def dump(self, model: int, inputs: Sequence[bytes], point: int) -> bytes:
        """Run again and fetch the tensor of one trace point as it was written, all parts of it."""
        hello = self._send_inputs(model, inputs)
        status, body = self._ask(_RUN, struct.pack("<BH", model, point), timeout=self._run_timeout)
        data = []
        while status == _PAUSED:
            (size,) = struct.unpack("<I", body)
            for offset in range(0, size, hello.chunk):
                data.append(self._request(_READ, struct.pack("<II", offset, min(hello.chunk, size - offset))))
            status, body = self._ask(_CONTINUE, bytes([model]), timeout=self._run_timeout)
        return b"".join(data)

    def count_loop(self, iterations: int) -> int | None:
        """Measured count, in ``Hello.unit``, of ``iterations - 1`` passes through a loop of three instructions."""
        hello = self.hello()
        long, short = struct.unpack("<II", self._request(_COUNT_LOOP, struct.pack("<BI", 0, iterations)))
        first, second = hello.count(long), hello.count(short)
        return None if first is None or second is None else first - second

    def _send_inputs(self, model: int, inputs: Sequence[bytes]) -> Hello:
        hello = self.hello(model)
        if len(inputs) != hello.inputs:
            raise LinkError(f"the firmware's model has {hello.inputs} inputs, {len(inputs)} were given")
        for index, data in enumerate(inputs):
            for offset in range(0, len(data), hello.chunk):
                part = data[offset : offset + hello.chunk]
                self._request(_INPUT, struct.pack("<BBI", model, index, offset) + part)
        return hello

    def _result(self, model: int, hello: Hello, body: bytes, output_bytes: Sequence[int]) -> RunResult:
        (stack,) = struct.unpack("<I", body)
        table = self._fetch(_POINTS, bytes([model]), 16 * hello.points, hello.chunk)
        points = []
        for crc, longest, total, parts in struct.iter_unpack("<IIII", table):
            own = max(0, longest - parts * hello.hook)
            every = max(0, total - parts * hello.hook * hello.cores)
            points.append(PointResult(crc, *((own, every) if hello.denominator else (None, None))))
        if len(output_bytes) != hello.outputs:
            raise LinkError(f"the firmware's model has {hello.outputs} outputs, {len(output_bytes)} were expected")
        outputs = [
            self._fetch(_OUTPUT, bytes([model, index]), size, hello.chunk) for index, size in enumerate(output_bytes)
        ]
        counts = [point.count for point in points]
        known = [count for count in counts if count is not None]
        total = sum(known) if len(known) == len(counts) and known else None
        return RunResult(points, outputs, total, None if stack == 0xFFFFFFFF else stack)

    def _fetch(self, command: int, prefix: bytes, size: int, chunk: int) -> bytes:
        parts = []
        for offset in range(0, size, chunk):
            parts.append(self._request(command, prefix + struct.pack("<II", offset, min(chunk, size - offset))))
        return b"".join(parts)

    # -- frames -------------------------------------------------------------------------------------------------

    def _request(self, command: int, body: bytes, timeout: float | None = None) -> bytes:
        """The result of a request that must succeed."""
        status, answer = self._ask(command, body, timeout)
        if status != _OK:
            raise LinkError(f"the firmware refused {_NAMES[command]} (status {status})")
        return answer

    def _ask(self, command: int, body: bytes, timeout: float | None = None) -> tuple[int, bytes]:
        """Send a request until its answer arrives whole: status, done or paused, and result.

        A lost or damaged request or answer is repeated under the same sequence number; the firmware answers a
        repetition without executing it twice.
        """
        name = _NAMES[command]
        self._sequence = self._sequence % 255 + 1
        frame = encode(bytes([self._sequence, command]) + body)
        deadline = time.monotonic() + (timeout or self._patience * _MOST_FAULTS)
        damaged = 0
        while time.monotonic() < deadline and damaged < _MOST_FAULTS:
            self._port.write(frame)
            answer = self._answer(name, min(deadline, time.monotonic() + self._patience))
            if answer is None:
                damaged += command not in (_RUN, _CONTINUE)
            elif answer[1] not in (_OK, _PAUSED):
                raise LinkError(f"the firmware refused {name} (status {answer[1]})")
            else:
                return answer[1], answer[2:]
        raise LinkError(f"no answer to {name}: the firmware does not run, or the link is broken")

    def _answer(self, name: str, until: float) -> bytes | None:
        """The answer to the current request, or None when it must be sent again."""
        while True:
            frame = self._frame(until)
            if frame is None:
                # A long inference is no fault: the firmware does not listen while it computes.
                if name not in ("RUN", "CONTINUE"):
                    self.faults.append(Fault(name, "no answer in time; sent again"))
                return None
            answer = decode(frame)
            if answer is None:
                self.faults.append(Fault(name, "a damaged frame came from the target; sent again"))
                return None
            if answer[0] == 0 and answer[1] == _DAMAGED:
                self.faults.append(Fault(name, "a frame arrived damaged at the target; sent again"))
                return None
            if answer[0] == self._sequence:
                return answer
            # A late answer to an earlier request: not ours.

    def _frame(self, until: float) -> bytes | None:
        """Bytes up to the next delimiter, without it; None when the time is up."""
        while True:
            end = self._received.find(b"\0")
            if end >= 0:
                frame = bytes(self._received[:end])
                del self._received[: end + 1]
                if frame:
                    return frame
                continue
            remaining = until - time.monotonic()
            if remaining <= 0:
                return None
            self._port.timeout = min(remaining, 0.5)
            data = self._port.read(max(1, self._port.in_waiting))
            if data and self._port.in_waiting == 1:
                # pyserial's socket:// never reports more than one waiting byte: take what is there.
                self._port.timeout = 0
                data += self._port.read(4096)
            self._received += data
