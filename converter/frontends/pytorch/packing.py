"""Packed sequences while a module is exported: torch.export cannot trace them, for their sizes are values of run time.

Firmware runs over the same number of steps at every inference. Where all sequences have one length that is a constant,
packing cuts them to it, unpacking pads them again, and in between runs the layer over shorter sequences. Other lengths
go along with the sequences into operators of Bitwright's own, which are only ever traced, and which the frontend
knows; the layer skips what is beyond a sequence's length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn.utils import rnn
from torch.utils._python_dispatch import _disable_current_modes

from ....errors import ModelError

_LAYERS = (torch.nn.RNN, torch.nn.GRU, torch.nn.LSTM)
#: The operators' arguments: those of aten.lstm and its kin that matter to an inference, and the widths of the states.
_ARGUMENTS = (
    "Tensor input, Tensor lengths, Tensor[]? hx, Tensor[] params, bool has_biases, int num_layers, bool bidirectional, "
    "bool batch_first, int[] widths"
)


def _define(mode: str) -> None:
    """Operator of one kind of layer, by ``nn.RNNBase.mode``: outputs, last hidden values and an LSTM's last cells."""
    name = f"bitwright::packed_{mode.lower()}"
    torch.library.define(name, f"({_ARGUMENTS}) -> ({', '.join(['Tensor'] * (3 if mode == 'LSTM' else 2))})")

    def shapes(input: Any, *arguments: Any) -> Any:
        *_, layers, bidirectional, batch_first, widths = arguments
        sides, batch = 2 if bidirectional else 1, input.shape[0 if batch_first else 1]
        states = [input.new_empty((layers * sides, batch, width)) for width in widths]
        return input.new_empty((*input.shape[:2], sides * widths[0])), *states

    torch.library.register_fake(name, shapes)


for _mode in ("LSTM", "GRU", "RNN_TANH", "RNN_RELU"):
    _define(_mode)


class _Packed(rnn.PackedSequence):
    """Sequences as [steps, batch, values], ``steps_first``, and their lengths; None: all as long as the steps.

    ``fixed``: the longest is known to have all steps.
    """

    steps_first: Any
    lengths: Any
    fixed: bool

    @classmethod
    def of(cls, steps_first: Any, lengths: Any = None, fixed: bool = True) -> _Packed:
        """Packed sequences of [steps, batch, values]; in ``data`` the steps' rows stand one after the other."""
        packed: _Packed = tuple.__new__(cls, (steps_first.flatten(0, 1), None, None, None))
        packed.steps_first, packed.lengths, packed.fixed = steps_first, lengths, fixed
        return packed

    @property
    def data(self) -> Any:
        """The rows of all steps. Raises ModelError where some are beyond their sequence."""
        if self.lengths is not None:
            raise ModelError("the data of packed sequences of several lengths cannot be read; unpack them first")
        return self[0]


@contextmanager
def traceable_packing(module: Any) -> Iterator[None]:
    """Let ``pack_padded_sequence`` and ``pad_packed_sequence`` be what torch.export can trace.

    They are replaced where they are defined, and among the globals of the network's classes, which may have imported
    them by name; at the end everything is as it was.
    """
    replaced = {rnn.pack_padded_sequence: _pack, rnn.pad_packed_sequence: _unpack}
    kinds = {kind for part in module.modules() for kind in type(part).__mro__}
    spaces = [vars(rnn), *(getattr(getattr(kind, "forward", None), "__globals__", {}) for kind in kinds)]
    with ExitStack() as stack:
        for names in {id(space): space for space in spaces}.values():
            for original, stand_in in replaced.items():
                for name in [name for name, value in names.items() if value is original]:
                    stack.enter_context(patch.dict(names, {name: stand_in}))
        for kind in _LAYERS:
            stack.enter_context(patch.object(kind, "forward", _over_packed(kind.forward)))
        yield


def _pack(input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True) -> _Packed:
    """``pack_padded_sequence``, in any order of the lengths. Raises ModelError for those that are not served."""
    steps_first = input.transpose(0, 1) if batch_first else input
    steps, batch = steps_first.shape[:2]
    known = _known(lengths)
    if known is None:
        if tuple(lengths.shape) != (batch,):
            raise ModelError(f"lengths of shape {list(lengths.shape)} for a batch of {batch} are not served")
        return _Packed.of(steps_first, lengths, False)
    found = sorted(set(known))
    if len(known) != batch:
        raise ModelError(f"packed sequences of lengths {found} for a batch of {batch} are not served")
    if not 1 <= found[0] <= found[-1] <= steps:
        raise ModelError(f"packed sequences of {found} steps from {steps} are not served")
    return _Packed.of(steps_first[: found[-1]], None if len(found) == 1 else torch.tensor(known))


def _known(lengths: Any) -> list[int] | None:
    """Lengths that are constants of forward; None of an input, a buffer, or a tensor that is computed."""
    if isinstance(lengths, FakeTensor):
        lengths = lengths.constant
        if lengths is None:
            return None
    with _disable_current_modes():
        return [int(length) for length in lengths]


def _unpack(
    sequence: _Packed, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Any, Any]:
    """``pad_packed_sequence``: padded to ``total_length`` steps, and the lengths."""
    values, lengths = sequence.steps_first, sequence.lengths
    steps, batch = values.shape[:2]
    if lengths is not None and padding_value:
        raise ModelError(f"sequences of several lengths are padded with zeros, not with {padding_value}")
    if not sequence.fixed and total_length is None:
        raise ModelError(
            f"lengths of run time leave open to how many steps pad_packed_sequence pads; say total_length={steps}"
        )
    if total_length is not None and total_length != steps:
        if total_length < steps:
            raise ModelError(f"packed sequences of {steps} steps do not fit a total_length of {total_length}")
        values = torch.nn.functional.pad(values, (0, 0, 0, 0, 0, total_length - steps), value=padding_value)
    return values.transpose(0, 1) if batch_first else values, torch.full(
        (batch,), steps
    ) if lengths is None else lengths


def _over_packed(forward: Callable[..., Any]) -> Callable[..., Any]:
    """The forward of a layer that takes packed sequences as steps first, whatever its ``batch_first`` says."""

    @wraps(forward)
    def run(self: Any, input: Any, hx: Any = None) -> Any:
        if not isinstance(input, _Packed):
            return forward(self, input, hx)
        values = input.steps_first
        values = values.transpose(0, 1) if self.batch_first else values
        outputs, state = forward(self, values, hx) if input.lengths is None else _over(self, values, input.lengths, hx)
        return _Packed.of(outputs.transpose(0, 1) if self.batch_first else outputs, input.lengths, input.fixed), state

    return run


def _over(layer: Any, values: Any, lengths: Any, hx: Any) -> tuple[Any, Any]:
    """A layer over sequences of several lengths: outputs and last states as its forward gives them."""
    lstm = layer.mode == "LSTM"
    widths = [layer.proj_size or layer.hidden_size, layer.hidden_size][: 1 + lstm]
    states: Sequence[Any] | None = None if hx is None else list(hx) if lstm else [hx]
    weights = [getattr(layer, name) for name in layer._flat_weights_names]
    operator = getattr(torch.ops.bitwright, f"packed_{layer.mode.lower()}")
    outputs, *last = operator(
        values, lengths, states, weights, layer.bias, layer.num_layers, layer.bidirectional, layer.batch_first, widths
    )
    return outputs, tuple(last) if lstm else last[0]
