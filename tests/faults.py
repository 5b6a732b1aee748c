"""Faults of a serial line, by a seeded schedule: on bytes, and played on a line whose clock is virtual."""

from __future__ import annotations

import random
import struct
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import serial
from bitwright.converter.ir import Array, Graph
from bitwright.errors import BitwrightError, LinkError
from bitwright.targets.frames import encode
from bitwright.targets.image import Image
from bitwright.targets.link import Clock, Link, Patience
from bitwright.targets.vectors import random_vectors
from bitwright.targets.verify import Report, compare
from boards import CHUNK, Board, built_on_host, library, with_changed_bit

BYTES = ("drop", "double", "flip", "insert", "burst", "truncate")
EVENTS = ("delay", "reset", "stuck", "gone", "intruder")
KINDS = (*BYTES, *EVENTS)
_BYTE_TIME = 10 / 115200


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        kind: drop, double: ``amount`` bytes are lost, one byte comes so often more; flip: bits of ``data[0]`` change;
            insert, burst: ``data`` comes in addition, or instead of as many bytes; truncate: the rest of what is sent
            is lost; delay: all that follows is ``seconds`` late; reset: the board restarts, says ``data`` and does not
            listen for ``seconds``; stuck: the board does nothing any more until it is reset; gone: the port disappears
            for ``seconds``, and the board restarts where ``amount`` is 1; intruder: another host sends ``data``, and
            gets the answers for itself where ``amount`` is 1.
        toward: "board" or "host": in which of the two directions.
        at: before which byte of that direction.
    """

    kind: str
    toward: str
    at: int
    amount: int = 1
    seconds: float = 0.0
    data: bytes = b""


class Damage:
    """The faults of one direction, applied to what passes."""

    def __init__(self, faults: Iterable[Fault], toward: str) -> None:
        self._faults = deque(sorted((f for f in faults if f.toward == toward), key=lambda f: f.at))
        self._position = self._lost = 0

    def apply(self, data: bytes) -> list[bytes | Fault]:
        """What arrives of data that is sent at once; faults that are events stand where they happen."""
        result: list[bytes | Fault] = []
        plain = bytearray()
        while self._faults and self._faults[0].at <= self._position and self._faults[0].kind == "intruder":
            result.append(self._faults.popleft())
        for index, byte in enumerate(data):
            piece = bytes([byte]) if not self._lost else b""
            self._lost = max(0, self._lost - 1)
            while self._faults and self._faults[0].at <= self._position + index:
                fault = self._faults[0]
                if fault.kind == "intruder":
                    break  # before the next frame
                self._faults.popleft()
                if fault.kind == "truncate":
                    self._position += len(data)
                    return [*result, bytes(plain)]
                if fault.kind in EVENTS:
                    result += [bytes(plain), fault]
                    plain.clear()
                else:
                    piece = self._byte(fault, piece)
            plain += piece
        self._position += len(data)
        return [*result, bytes(plain)]

    def _byte(self, fault: Fault, piece: bytes) -> bytes:
        if fault.kind == "double":
            return piece * (1 + fault.amount)
        if fault.kind == "flip":
            return bytes(byte ^ fault.data[0] for byte in piece)
        if fault.kind == "insert":
            return fault.data + piece
        self._lost = fault.amount - 1
        return b"" if fault.kind == "drop" else fault.data


class VirtualClock:
    """Time that passes only where somebody waits; one who never waits is caught."""

    def __init__(self) -> None:
        self.time, self._asked = 0.0, 0

    def now(self) -> float:
        self._asked += 1
        assert self._asked < 100_000, "the link goes on for ever without waiting"
        return self.time

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.time += seconds
            self._asked = 0


class VirtualPort:
    """A port to a firmware in this process, over a line with faults, at 115200 baud of virtual time."""

    def __init__(self, board: Board, faults: Sequence[Fault], clock: VirtualClock, boot: bytes = b"") -> None:
        self.timeout: float | None = None
        self.write_timeout: float | None = None
        self._board, self._clock = board, clock
        self._out, self._in = Damage(faults, "board"), Damage(faults, "host")
        self._arriving: deque[tuple[float, bytes | Fault]] = deque()
        self._board_time = self._deaf_until = self._gone_until = 0.0
        self._stuck, self._open = False, True
        self.sent = self.received = 0
        if boot:
            self._arriving.append((0.0, boot))

    @property
    def in_waiting(self) -> int:
        self._check()
        if not self._arriving or self._arriving[0][0] > self._clock.now():
            return 0
        head = self._arriving[0][1]
        return 1 if isinstance(head, Fault) else len(head)

    def read(self, size: int = 1) -> bytes:
        self._check()
        if not self._arriving or self._arriving[0][0] > self._clock.time:
            wait = self.timeout or 0.0
            if self._arriving:
                wait = min(wait, self._arriving[0][0] - self._clock.time)
            self._clock.sleep(wait)
            if not self._arriving or self._arriving[0][0] > self._clock.time + 1e-9:
                return b""
        moment, head = self._arriving.popleft()
        if isinstance(head, Fault):
            self._disappear(head)
            self._check()
        assert isinstance(head, bytes)
        if len(head) > size:
            self._arriving.appendleft((moment, head[size:]))
        return head[:size]

    def write(self, data: bytes) -> int:
        self._check()
        self.sent += len(data)
        self._board_time = max(self._board_time, self._clock.time)
        for piece in self._out.apply(data):
            if isinstance(piece, bytes):
                self._board_time += len(piece) * _BYTE_TIME
                self._answer(self._feed(piece))
            elif piece.kind == "delay":
                self._board_time += piece.seconds
            elif piece.kind == "intruder":
                answers = self._feed(piece.data)
                if not piece.amount:
                    self._answer(answers)
            elif piece.kind == "gone":
                self._disappear(piece)
                self._check()
            else:
                self._event(piece)
        return len(data)

    def close(self) -> None:
        self._open = False

    def reopen(self) -> VirtualPort:
        """The port again. Raises LinkError while it is not there."""
        if self._clock.time < self._gone_until:
            raise LinkError("there is no port")
        self._open = True
        self._arriving.clear()
        return self

    def _check(self) -> None:
        if not self._open:
            raise serial.SerialException("device disconnected")

    def _disappear(self, fault: Fault) -> None:
        self._open = False
        self._gone_until = self._clock.time + fault.seconds
        self._arriving.clear()
        if fault.amount:
            self._event(fault)

    def _event(self, fault: Fault) -> None:
        self._stuck = fault.kind == "stuck"
        if not self._stuck:
            self._board.reset()
            self._deaf_until = self._board_time + (fault.seconds if fault.kind == "reset" else 0.0)
            self._arriving.append((self._board_time, fault.data))

    def _feed(self, data: bytes) -> bytes:
        deaf = self._stuck or self._board_time < self._deaf_until
        return b"" if deaf else self._board.feed(data)

    def _answer(self, data: bytes) -> None:
        """Queue what the board says, after what is queued already."""
        self.received += len(data)
        for piece in self._in.apply(data) if data else ():
            if isinstance(piece, Fault) and piece.kind == "delay":
                self._board_time += piece.seconds
            elif isinstance(piece, Fault) and piece.kind == "gone":
                self._arriving.append((self._board_time, piece))
            elif isinstance(piece, Fault):
                self._event(piece)
                return
            else:
                for start in range(0, len(piece), 48):
                    part = piece[start : start + 48]
                    self._board_time += len(part) * _BYTE_TIME
                    self._arriving.append((self._board_time, part))


def intrusion(rng: random.Random, input_bytes: int) -> bytes:
    """Whole frames of another host, which knows the firmware's network."""
    first = rng.getrandbits(32)
    frames: list[bytes] = []

    def request(command: int, arguments: bytes = b"") -> int:
        number = (first + len(frames)) % 0xFFFFFFFF + 1
        low, *high = number.to_bytes(4, "little")
        frames.append(encode(bytes([low, command, 0, *high]) + arguments))
        return number

    data = rng.randbytes(input_bytes)
    state = request(2)
    for offset in range(0, input_bytes, CHUNK):
        request(3, struct.pack("<BI", 0, offset) + data[offset : offset + CHUNK])
    run = request(4, struct.pack("<HII", rng.choice((0, 1, 0xFFFF)), state, zlib.crc32(data)))
    request(rng.choice((5, 8)), struct.pack("<III", run, 0, 16))
    request(rng.choice((1, 9)), struct.pack("<I", run))
    begin = rng.choice((0, 0, rng.randrange(len(frames))))
    return b"".join(frames[begin : rng.randint(begin + 1, len(frames))])


def schedule(rng: random.Random, to_board: int, to_host: int, input_bytes: int) -> list[Fault]:
    """One to six faults within a conversation of so many bytes in each direction."""
    return [_fault(rng, to_board, to_host, input_bytes) for _ in range(rng.choice((1, 1, 2, 2, 3, 4, 6)))]


def _fault(rng: random.Random, to_board: int, to_host: int, input_bytes: int) -> Fault:
    # What ends a conversation is rare: the others are to be met in its middle.
    kind = rng.choices(KINDS, [4, 4, 4, 3, 3, 3, 3, 3, 0.3, 1, 3])[0]
    toward = "board" if kind == "intruder" else rng.choice(("board", "host"))
    at = rng.randrange(int(1.2 * (to_board if toward == "board" else to_host)))
    data = rng.randbytes(rng.choice((1, 3, 40, 700)))
    if kind == "flip":
        data = bytes([1 << rng.randrange(8)])
    if kind == "insert" and rng.random() < 0.3:
        data = bytes(len(data))
    if kind == "reset" and rng.random() < 0.5:
        data = b"\r\nets Jul 29 2019 12:21:46\r\nrst:0x1 (POWERON),boot:0x8\r\n"
    if kind == "burst":
        data = data[:60]  # of bytes that are sent: a longer one outlasts every repetition of a short request
    if kind == "intruder":
        data = intrusion(rng, input_bytes)
    seconds = (
        rng.choice((0.02, 0.4, 1.9, 2.1, 7.0, 25.0, 29.0)) if kind != "gone" else rng.choice((0.3, 4.0, 29.0, 99.0))
    )
    amount = len(data) if kind == "burst" else rng.choice((0, 1)) if kind in ("gone", "intruder") else rng.randint(1, 9)
    return Fault(kind, toward, at, amount, seconds, data)


@dataclass
class Played:
    """What came of a verification: its report, or why there is none; the longest request, and those over the time."""

    report: Report | None
    error: str
    faults: list[str]
    longest: float
    late: list[str] = field(default_factory=list)
    sent: int = 0
    received: int = 0

    @property
    def verdict(self) -> str:
        """ "exact", "differs" or "error"."""
        return "error" if self.report is None else "exact" if self.report.bit_exact else "differs"


class TimedLink(Link):
    """A link whose requests are timed."""

    longest = 0.0
    late: tuple[str, ...] = ()

    def _ask(self, command: int, model: int, arguments: bytes, timeout: float) -> tuple[int, bytes]:
        before, faults = self._clock.now(), len(self.faults)
        try:
            return super()._ask(command, model, arguments, timeout)
        finally:
            took = self._clock.now() - before
            away = any("disappeared" in fault.what for fault in self.faults[faults:]) or not self._port._open  # type: ignore[attr-defined]
            self.longest = max(self.longest, took)
            if took > timeout + (self._patience.reconnect if away else 0.0) + 0.21:
                self.late += (f"request {command} took {took:.2f} s, {timeout} s are stated",)


@dataclass(frozen=True)
class Case:
    """A network and a firmware, and what they give over a line without faults."""

    name: str
    image: Image
    board: Board
    vectors: Sequence[Sequence[Array]]
    clean: Played

    def schedule(self, seed: int) -> tuple[list[Fault], bytes]:
        """The faults of a seed, and what is on the line before the first frame."""
        rng = random.Random(seed)
        size = sum(array.nbytes for array in self.vectors[0])
        boot = rng.randbytes(rng.choice((0, 0, 5, 300, 5000)))
        return schedule(rng, self.clean.sent, self.clean.received, size), boot

    def play(self, seed: int) -> Played:
        """Verify with the faults of a seed."""
        return play(self.image, self.board, self.vectors, *self.schedule(seed))

    def violations(self, played: Played) -> list[str]:
        """What must not happen: another verdict or mismatch than without faults, or more time than is stated."""
        found = list(played.late)
        if played.report is not None and self.clean.report is None:
            found.append(f"{played.verdict} on a firmware of another build")
        elif played.report is not None and self.clean.report is not None:
            same = played.report.mismatches == self.clean.report.mismatches
            if not same or played.report.outputs != self.clean.report.outputs:
                found.append(f"{played.verdict}: {played.report.mismatches}")
        return found


@contextmanager
def cases(graphs: Mapping[str, Graph]) -> Iterator[list[Case]]:
    """Each network right, with one changed weight, and where the firmware is the one of the next network."""
    with ExitStack() as stack:
        images = {name: stack.enter_context(built_on_host(graph)) for name, graph in graphs.items()}
        libraries = {name: library(image) for name, image in images.items()}
        result = []
        for index, (name, image) in enumerate(images.items()):
            vectors = random_vectors(image.model.program.graph, 3, 1)
            other = list(libraries.values())[(index + 1) % len(libraries)]
            programs = {"right": libraries[name], "one bit": with_changed_bit(image, libraries[name]), "other": other}
            for kind, program in programs.items():
                board = Board(program)
                clean = play(image, board, vectors, [])
                assert clean.verdict == {"right": "exact", "one bit": "differs", "other": "error"}[kind], clean.error
                result.append(Case(f"{name}, {kind}", image, board, vectors, clean))
        yield result


def play(
    image: Image,
    board: Board,
    vectors: Sequence[Sequence[Array]],
    faults: Sequence[Fault],
    boot: bytes = b"",
    journal: Path | None = None,
    patience: Patience | None = None,
) -> Played:
    """Verify over a line with faults, in virtual time."""
    clock = VirtualClock()
    board.reset()
    port = VirtualPort(board, faults, clock, boot)
    link = TimedLink(port, patience, port.reopen, Clock(clock.now, clock.sleep), first=1000)
    report, error = None, ""
    try:
        report = compare(image, link, vectors, journal=journal)
    except BitwrightError as raised:
        error = str(raised)
        assert isinstance(raised, LinkError), error
    noted = [str(fault) for fault in link.faults]
    return Played(report, error, noted, link.longest, list(link.late), port.sent, port.received)
