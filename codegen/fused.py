"""C of fused layers: the calls for a few rows at a time, as loops."""

from __future__ import annotations

from dataclasses import dataclass, field

from .fusion.chain import Chain
from .fusion.loops import Line, Loop, loops
from .fusion.schedule import Compute, Move
from .kernels.call import KernelCall
from .program import Layer, Program
from .render import CBlock, ConstantPool, CStruct, c_layer, c_structs, layer_title, span, statement, trace
from .text import c_type, comment, comment_block, fill, grouped


def c_blocks(program: Program, pool: ConstantPool) -> list[CBlock]:
    """Every layer, in order, as C source fragments; constant arrays go into the pool."""
    blocks = []
    for layer in program.layers:
        if layer.chain is None:
            blocks.append(c_layer(program, layer, pool))
        elif layer.index == layer.chain.first:
            blocks.append(_Writer(program, layer.chain, pool).block())
    return blocks


@dataclass
class _Writer:
    """Writes one chain. Equal calls of a layer share their parameters."""

    program: Program
    chain: Chain
    pool: ConstantPool
    structs: list[CStruct] = field(default_factory=list)
    symbols: dict[int, str] = field(default_factory=dict)

    def block(self) -> CBlock:
        """Parameters, heading and code."""
        steps = list(range(len(self.chain.schedule.steps)))
        for number in steps:
            self._name(number)
        lines = [self._line(number) for number in steps]
        text: list[str] = []
        for loop in loops(lines):
            text += self._loop(lines, loop)
        return CBlock(self._heading(), tuple(self.structs), "\n".join(text))

    def _layer(self, index: int) -> Layer:
        return self.program.layers[self.chain.first + index]

    def _name(self, number: int) -> None:
        """The parameters of a step's call, under a name of their own unless they have one."""
        step, call = self.chain.schedule.steps[number], self.chain.calls[number]
        if not isinstance(step, Compute) or call is None or id(call) in self.symbols:
            return
        layer = self._layer(step.layer)
        symbol = f"layer_{layer.index:02d}_{sum(s.startswith(f'layer_{layer.index:02d}_') for s in self._taken())}"
        band = self.chain.rows[step.layer].band(step.first, step.last)
        rows = _rows(band.rows) + (f" from {band.last - band.first}" if self._windowed(step) else "")
        padding = [f"{count} {where}" for count, where in ((band.above, "above"), (band.below, "below")) if count]
        padded = f", padding {' and '.join(padding)}" if padding else ""
        self.symbols[id(call)] = symbol
        self.structs += c_structs(layer, symbol, f"{comment(layer.node.name)}: {rows}{padded}", call, self.pool)

    def _taken(self) -> list[str]:
        return list(self.symbols.values())

    def _windowed(self, step: Compute) -> bool:
        return self.chain.rows[step.layer].window is not None

    def _line(self, number: int) -> Line:
        step, call = self.chain.schedule.steps[number], self.chain.calls[number]
        if isinstance(step, Move):
            pitch, start = self._pitch(step.tensor), self.program.offsets[step.tensor]
            return Line((step.tensor, step.rows), (start, start + step.start * pitch))
        assert call is not None
        return Line((step.layer, id(call), step.last - step.first), self._places(step, call))

    def _places(self, step: Compute, call: KernelCall) -> tuple[int, ...]:
        """Where the operands' rows and the output's begin."""
        node, rows = self.chain.nodes[step.layer], self.chain.rows[step.layer]
        first = dict(zip(rows.images, step.read, strict=True))
        places = []
        for index in call.operands:
            name = node.inputs[index]
            assert name is not None
            places.append(self.program.offsets[name] + first[name] * self._pitch(name))
        output = node.outputs[0]
        return (*places, self.program.offsets[output] + step.written * self._pitch(output))

    def _pitch(self, name: str) -> int:
        tensor = self.program.graph.tensor(name)
        return tensor.bytes // tensor.shape[1]

    def _loop(self, lines: list[Line], loop: Loop) -> list[str]:
        steps = range(loop.start, loop.start + loop.body)
        if loop.times == 1:
            return [text for step in steps for text in self._statements(step, list(map(str, lines[step].places)), 4)]
        body = []
        for step, strides in zip(steps, loop.strides, strict=True):
            places = [_advancing(place, stride) for place, stride in zip(lines[step].places, strides, strict=True)]
            body += self._statements(step, places, 8)
        return [f"    for (int32_t i = 0; i < {loop.times}; ++i) {{", *body, "    }"]

    def _statements(self, number: int, places: list[str], indent: int) -> list[str]:
        step, call = self.chain.schedule.steps[number], self.chain.calls[number]
        pad = " " * indent
        if isinstance(step, Move):
            size = step.rows * self._pitch(step.tensor)
            return [fill(f"{pad}memmove(", [_at("void", places[0]), _at("const void", places[1]), str(size)], ");")]
        assert call is not None
        node = self.chain.nodes[step.layer]
        types = ["void" if call.gather_operands else self._type(node.inputs[index]) for index in call.operands]
        target = "void" if call.scatter_outputs else self._type(node.outputs[0])
        sources = [_at(f"const {kind}", place) for kind, place in zip(types, places[:-1], strict=True)]
        scratch = self.program.scratch.get(self.chain.first, 0)
        symbol = self.symbols[id(call)]
        size = (step.last - step.first) * self._pitch(node.outputs[0])
        return [
            statement(call, symbol, sources, [_at(target, places[-1])], scratch, indent),
            trace(self._layer(step.layer).point, _at("const void", places[-1]), size, indent),
        ]

    def _type(self, name: str | None) -> str:
        return c_type(self.program.graph.tensor(name).dtype.numpy)

    def _heading(self) -> str:
        program, chain = self.program, self.chain
        layers = [self._layer(index) for index in range(len(chain.nodes))]
        inputs = dict.fromkeys(name for rows in chain.rows for name in rows.images if name not in chain.inner)
        parts = [f"in {', '.join(span(program, name) for name in inputs)}", f"out {span(program, chain.output)}"]
        for name, size in chain.inner.items():
            start = program.offsets[name]
            rows = chain.schedule.capacity[name]
            parts.append(f"{_rows(rows)} of {comment(self._producer(name))} [{start}, {start + size})")
        if chain.scratch:
            start = program.scratch[chain.first]
            parts.append(f"scratch [{start}, {start + chain.scratch})")
        whole = sum(program.graph.tensor(name).bytes for name in chain.inner)
        saved = whole - sum(chain.inner.values())
        sentences = [layer_title(program, layer) for layer in layers]
        first = f"Fused, a few rows at a time: what is between the layers takes {grouped(saved)} bytes less than whole."
        return comment_block([first, *sentences, f"Arena: {'; '.join(parts)}."], indent=4)

    def _producer(self, name: str) -> str:
        return next(node.name for node in self.chain.nodes if name in node.outputs)


def _advancing(place: int, stride: int) -> str:
    """A place in the arena in turn ``i`` of a loop."""
    if not stride:
        return str(place)
    step = f"{abs(stride)} * i"
    return f"{place} {'+' if stride > 0 else '-'} {step}" if place or stride < 0 else step


def _rows(count: int) -> str:
    return f"{count} row{'s' if count != 1 else ''}"


def _at(kind: str, place: str) -> str:
    return f"AT({kind}, {place})"
