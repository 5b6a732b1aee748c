"""nn.RNN, nn.GRU and nn.LSTM: the graph computes what the module computes, in float and, within its error, in int8."""

from __future__ import annotations

from functools import partial
from typing import Any

import bitwright
import numpy as np
import pytest
from bitwright.converter.frontends.pytorch import read_torch
from bitwright.converter.ir import DType
from bitwright.converter.ops.lengths import has_lengths
from bitwright.converter.quantize.calibration import calibration
from bitwright.converter.quantize.recipe import find_recipe, quantize
from bitwright.converter.quantize.run import quantize_model
from bitwright.converter.reference import Session, run
from bitwright.converter.simplify import simplify
from bitwright.errors import BitwrightError, ModelError
from bitwright.targets.vectors import random_vectors
from hypothesis import given
from hypothesis import strategies as st
from tools import needs_target
from torch_peer import expected, few, operators, random, same, shaken

torch = pytest.importorskip("torch", reason="needs torch: pip install 'bitwright[torch]'")
nn = torch.nn
pack_padded_sequence = nn.utils.rnn.pack_padded_sequence

KINDS = {"RNN": nn.RNN, "relu": partial(nn.RNN, nonlinearity="relu"), "GRU": nn.GRU, "LSTM": nn.LSTM}
CELLS = {"RNN": nn.RNNCell, "relu": partial(nn.RNNCell, nonlinearity="relu"), "GRU": nn.GRUCell, "LSTM": nn.LSTMCell}
NAMES = {kind: "RNN" if kind == "relu" else kind for kind in KINDS}


class Hidden(nn.Module):  # type: ignore[misc]
    """A layer's outputs and last hidden values."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Any) -> Any:
        outputs, state = self.layer(x)
        return outputs, state[0] if isinstance(state, tuple) else state


@few
@given(
    kind=st.sampled_from(list(KINDS)),
    sizes=st.tuples(st.integers(1, 2), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5)),
    layers=st.integers(1, 3),
    flags=st.tuples(*[st.booleans()] * 3),
    unbatched=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_layers(
    kind: str, sizes: tuple[int, ...], layers: int, flags: tuple[bool, ...], unbatched: bool, seed: int
) -> None:
    batch, steps, inputs, cells = sizes
    batch_first, bidirectional, bias = flags
    layer = KINDS[kind](inputs, cells, layers, bias=bias, batch_first=batch_first, bidirectional=bidirectional)
    leading = (steps,) if unbatched else (batch, steps) if batch_first else (steps, batch)
    graph = same(Hidden(shaken(layer, seed)), random(*leading, inputs, seed=seed))
    assert operators(graph).count(NAMES[kind]) == layers * (2 if bidirectional else 1)


def test_nodes_are_named_by_module_layer_and_direction() -> None:
    graph = read_torch(nn.GRU(3, 4, 2, bidirectional=True, batch_first=True), (random(1, 5, 3),))
    names = [node.name for node in graph.nodes if node.op == "GRU"]
    assert [name.split("gru/", 1)[1] for name in names] == [
        "layer0/forward", "layer0/backward", "layer1/forward", "layer1/backward",
    ]  # fmt: skip


class Classifier(nn.Module):  # type: ignore[misc]
    """Two stacked layers and a dense one on the last step."""

    def __init__(self, kind: str, bidirectional: bool = False) -> None:
        super().__init__()
        self.rnn = KINDS[kind](8, 24, 2, batch_first=True, bidirectional=bidirectional)
        self.head = nn.Linear(48 if bidirectional else 24, 5)

    def forward(self, x: Any) -> Any:
        return self.head(self.rnn(x)[0][:, -1])


@pytest.mark.parametrize(("kind", "bidirectional"), [("RNN", False), ("relu", True), ("GRU", False), ("LSTM", True)])
def test_int8_against_float(kind: str, bidirectional: bool) -> None:
    """Signal to noise over two stacked layers and 30 steps, as PyTorch initializes them."""
    torch.manual_seed(3)
    module = Classifier(kind, bidirectional).eval()
    graph = simplify(read_torch(module, (random(1, 30, 8),)))
    integer = quantize(graph, calibration(graph, [random(64, 30, 8).numpy()]), find_recipe("minmax")).integer
    fresh = random(12, 30, 8, seed=9)
    (wanted,) = expected(module, fresh)
    got = np.concatenate([run(integer, [x[None]])[0] for x in fresh.numpy()])
    level = 10 * np.log10(np.mean(wanted**2) / np.mean((wanted - got) ** 2))
    assert level > {"RNN": 22, "relu": 22, "GRU": 35, "LSTM": 35}[kind], level


class Stepped(nn.Module):  # type: ignore[misc]
    """A layer, or cells on top of each other, whose state is an input and an output."""

    def __init__(self, kind: str, layers: int, cells: bool = False) -> None:
        super().__init__()
        self.kind = kind
        make = CELLS[kind]
        self.layers = nn.ModuleList([make(3 if i == 0 else 4, 4) for i in range(layers)] if cells else [])
        self.layer = None if cells else KINDS[kind](3, 4, layers, batch_first=True)

    def forward(self, x: Any, *states: Any) -> Any:
        lstm = self.kind == "LSTM"
        if self.layer is not None:
            output, last = self.layer(x, states if lstm else states[0])
            return output, *(last if lstm else (last,))
        x, given, last = x[:, 0], list(states), []
        for layer in self.layers:
            new = layer(x, (given.pop(0), given.pop(0)) if lstm else given.pop(0))
            x = new[0] if lstm else new
            last += new if lstm else [new]
        return 2 * x, *last

    def states(self) -> list[Any]:
        """Initial ones."""
        parts = 2 if self.kind == "LSTM" else 1
        if self.layer is None:
            return [torch.zeros(1, 4) for _ in range(parts * len(self.layers))]
        return [torch.zeros(self.layer.num_layers, 1, 4) for _ in range(parts)]


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cells", [False, True])
@pytest.mark.parametrize("kind", list(KINDS))
def test_states_come_in_and_go_out(kind: str, cells: bool, layers: int) -> None:
    module = shaken(Stepped(kind, layers, cells), 2)
    states = [random(*state.shape, seed=i) / 2 for i, state in enumerate(module.states())]
    graph = same(module, random(1, 1, 3), *states)
    assert operators(graph).count(NAMES[kind]) == layers


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cells", [False, True])
@pytest.mark.parametrize("kind", list(KINDS))
def test_stepped_by_its_own_states(kind: str, cells: bool, layers: int) -> None:
    """Quantized over sequences with the states by name: int16 on the layers' own grids, near float over 20 steps."""
    module = shaken(Stepped(kind, layers, cells), 2)
    graph = simplify(read_torch(module, (random(1, 1, 3), *module.states())))
    pairs = dict(zip(graph.inputs[1:], graph.outputs[1:], strict=True))
    result = quantize_model(graph, random(24, 20, 3).numpy(), recipe="wide", stateful=pairs)
    for name in pairs:
        tensor = result.quantized.integer.tensor(name)
        assert tensor.dtype is DType.INT16 and tensor.zero_point == 0
        if kind != "relu":
            assert tensor.scale in (2.0**-15, 2.0**-11)
        elif cells or layers == 1:  # else one state of two layers, whose units differ
            assert np.frexp(tensor.scale)[0] == 0.5
    assert result.judgement.sqnr > 40 and result.graph.inputs == graph.inputs[:1]
    session, held = Session(result.graph), module.states()
    for x in random(1, 20, 3, seed=7)[0]:
        wanted, *held = module(x[None, None], *held)
        got = session.step([x[None, None].numpy()])[0]
        assert np.abs(got.reshape(-1) - wanted.detach().numpy().reshape(-1)).max() < (0.06 if kind == "relu" else 0.03)


def test_last_cells_and_constant_states() -> None:
    same(Using(nn.LSTM(4, 3), lambda m, x: m(x)[1][1]), random(5, 1, 4))
    same(Using(nn.LSTM(4, 3, 2, bidirectional=True), lambda m, x: m(x)[1]), random(5, 1, 4))
    same(Using(nn.GRU(4, 3), lambda m, x: m(x, torch.full((1, 1, 3), 0.5))[0]), random(5, 1, 4))
    same(Using(nn.GRU(4, 3), lambda m, x: m(x, x[:1, :, :3])), random(5, 1, 4))


class Packing(nn.Module):  # type: ignore[misc]
    """A layer over packed sequences, unpacked to the whole length, and its last hidden values."""

    def __init__(self, layer: Any, lengths: Any, total: int | None = None) -> None:
        super().__init__()
        self.layer, self.lengths, self.total = layer, lengths, total

    def forward(self, x: Any) -> Any:
        first = self.layer.batch_first
        # By a name of this module, as users import it, and by torch's.
        lengths = torch.tensor([self.lengths]) if isinstance(self.lengths, int) else self.lengths
        packed, state = self.layer(pack_padded_sequence(x, lengths, first))
        outputs, lengths = nn.utils.rnn.pad_packed_sequence(packed, first, 0.0, self.total)
        return outputs + lengths[0], state[0] if isinstance(state, tuple) else state


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch_first", [False, True])
def test_packed_sequences(kind: str, batch_first: bool) -> None:
    layer = shaken(KINDS[kind](4, 3, 2, bidirectional=True, batch_first=batch_first), 3)
    shape = (1, 5, 4) if batch_first else (5, 1, 4)
    for lengths, total in (([3], 5), ([5], None), (2, None)):
        same(Packing(layer, lengths, total), random(*shape))
    assert (
        pack_padded_sequence is nn.utils.rnn.pack_padded_sequence
        and pack_padded_sequence.__module__ == "torch.nn.utils.rnn"
    )


def test_packed_batches_of_one_length() -> None:
    same(Packing(shaken(nn.LSTM(4, 3), 3), [4, 4], 6), random(5, 2, 4))


def test_packed_sequences_that_are_not_served() -> None:
    def fails(lengths: Any, match: str, total: int | None = None) -> None:
        with pytest.raises(ModelError, match=f"Packing: .*{match}"):
            read_torch(Packing(nn.GRU(4, 3), lengths, total), (random(5, 2, 4),))

    fails([5], "for a batch of 2 are not served")
    fails([0, 0], r"\[0\] steps from 5 are not served")
    fails([6, 2], r"\[2, 6\] steps from 5 are not served")
    fails([4, 4], "do not fit a total_length of 3", 3)

    def fails_over(match: str, function: Any, lengths: Any) -> None:
        with pytest.raises(BitwrightError, match=match):
            read_torch(Using(nn.GRU(4, 3), function), (random(5, 2, 4), torch.tensor(lengths)))

    rnn = nn.utils.rnn
    fails_over("say total_length=5", lambda m, x, n: rnn.pad_packed_sequence(m(pack_padded_sequence(x, n))[0]), [5, 2])
    fails_over(
        "padded with zeros", lambda m, x, n: rnn.pad_packed_sequence(pack_padded_sequence(x, n), False, 1.0, 5), [5, 2]
    )
    fails_over("data of packed sequences", lambda m, x, n: pack_padded_sequence(x, n).data + 1, [5, 2])
    fails_over(r"lengths of shape \[3\]", lambda m, x, n: m(pack_padded_sequence(x, n))[1], [5, 2, 1])
    fails_over("the network computes", lambda m, x, n: m(pack_padded_sequence(x, n.clamp(min=1)))[1], [5, 2])
    fails_over(r"steps from 5 are not", lambda m, x, n: m(pack_padded_sequence(x, torch.tensor([6, 2])))[1], [5, 2])


class Several(nn.Module):  # type: ignore[misc]
    """Outputs and last states over sequences of several lengths: an input of the network, a buffer or a constant."""

    def __init__(self, layer: Any, steps: int, lengths: Any = None) -> None:
        super().__init__()
        self.layer, self.steps = layer, steps
        self.register_buffer("lengths", lengths)

    def forward(self, x: Any, *given: Any) -> Any:
        *state, lengths = given if self.lengths is None else (*given, self.lengths)
        hx = None if not state else state[0] if len(state) == 1 else tuple(state)
        packed = pack_padded_sequence(x, lengths.cpu(), self.layer.batch_first, enforce_sorted=False)
        packed, last = self.layer(packed, hx)
        outputs, _ = nn.utils.rnn.pad_packed_sequence(packed, self.layer.batch_first, total_length=self.steps)
        return outputs, last


@few
@given(
    kind=st.sampled_from(list(KINDS)),
    sizes=st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5)),
    layers=st.integers(1, 3),
    flags=st.tuples(*[st.booleans()] * 3),
    given_state=st.booleans(),
    buffer=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_packed_sequences_of_several_lengths(
    kind: str,
    sizes: tuple[int, ...],
    layers: int,
    flags: tuple[bool, ...],
    given_state: bool,
    buffer: bool,
    seed: int,
) -> None:
    """Stacked, in both directions, with a projection, from a state that comes in; some may have all steps."""
    batch, steps, inputs, cells = sizes
    batch_first, bidirectional, projected = flags
    projected = projected and kind == "LSTM"
    options = {"proj_size": cells} if projected else {}
    options |= {"batch_first": batch_first, "bidirectional": bidirectional}
    layer = KINDS[kind](inputs, cells + projected, layers, **options)
    lengths = torch.from_numpy(np.random.default_rng(seed).integers(1, steps + 1, batch))
    sides = layers * (1 + bidirectional)
    widths = [cells, cells + projected][: 1 + (kind == "LSTM")]
    states = [random(sides, batch, width, seed=seed + i) for i, width in enumerate(widths)] if given_state else []
    module = Several(shaken(layer, seed), steps, lengths if buffer else None)
    shape = (batch, steps, inputs) if batch_first else (steps, batch, inputs)
    graph = same(module, random(*shape, seed=seed), *states, *([] if buffer else [lengths]))
    assert operators(graph).count(NAMES[kind]) == sides
    assert all(has_lengths(node) for node in graph.nodes if node.op == NAMES[kind])


def test_lists_of_lengths_cut_to_the_longest() -> None:
    for lengths, total in (([2, 4, 1], None), ([2, 4, 1], 5)):
        module = Using(shaken(nn.GRU(4, 3), 3), lambda m, x, n=lengths, t=total: _unpacked(m, x, n, t))
        graph = same(module, random(5, 3, 4))
        assert [graph.tensor(node.inputs[0]).shape[1] for node in graph.nodes if node.op == "GRU"] == [4]


def _unpacked(layer: Any, x: Any, lengths: list[int], total: int | None) -> Any:
    packed, _ = layer(pack_padded_sequence(x, lengths, enforce_sorted=False))
    return nn.utils.rnn.pad_packed_sequence(packed, total_length=total)[0]


@pytest.mark.parametrize("target", [needs_target("host"), needs_target("mps2-an386"), needs_target("qemu-rv32")])
@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_lengths_of_run_time_in_integers(kind: str, target: str) -> None:
    """Calibrated over sequences of all lengths, judged against float, and bit for bit on the target."""
    torch.manual_seed(3)
    module = Several(KINDS[kind](8, 12, 2, batch_first=True, bidirectional=True), 9).eval()
    rng = np.random.default_rng(0)
    data = (random(64, 9, 8).numpy(), rng.integers(1, 10, (64, 1)))
    graph = read_torch(module, (random(1, 9, 8), torch.tensor([4])))
    result = bitwright.quantize(graph, calibration=[data], recipe="minmax")
    assert result.judgement.sqnr > 30
    (lengths,) = [name for name in result.graph.inputs if result.graph.tensor(name).dtype is DType.INT32]
    for vector in random_vectors(result.graph, 16, 1)[:13]:
        assert -1 <= vector[result.graph.inputs.index(lengths)][0] <= 10
    report = bitwright.verify(result.graph, target, vectors=12)
    assert report.bit_exact, report.mismatches[:3]
    x, n = random(1, 9, 8, seed=5), torch.tensor([3])
    outputs, *_ = bitwright.run(result.graph, [x.numpy(), n.numpy()])
    assert not outputs[:, 3:].any() and np.abs(outputs - expected(module, x, n)[0]).max() < 0.1


class Using(nn.Module):  # type: ignore[misc]
    """A function of a layer and the input."""

    def __init__(self, layer: Any, function: Any) -> None:
        super().__init__()
        self.layer, self.function = layer, function

    def forward(self, *given: Any) -> Any:
        return self.function(self.layer, *given)
