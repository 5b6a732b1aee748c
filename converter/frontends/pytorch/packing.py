"""Packed sequences while a module is exported: torch.export cannot trace them, for their sizes are values of run time.

Firmware serves sequences of one length, which is a constant of the network: packing cuts them to it, and unpacking pads
them again. What runs in between is the layer over shorter sequences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

import torch
from torch.nn.utils import rnn

from ....errors import ModelError

_LAYERS = (torch.nn.RNN, torch.nn.GRU, torch.nn.LSTM)


class _Packed(rnn.PackedSequence):
    """Sequences of one length, also as [steps, batch, values]: ``steps_first``."""

    steps_first: Any

    @classmethod
    def of(cls, steps_first: Any) -> _Packed:
        """Packed sequences of [steps, batch, values]; in ``data`` the steps' rows stand one after the other."""
        packed: _Packed = tuple.__new__(cls, (steps_first.flatten(0, 1), None, None, None))
        packed.steps_first = steps_first
        return packed


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
    """``pack_padded_sequence`` of sequences of one constant length. Raises ModelError for others."""
    steps_first = input.transpose(0, 1) if batch_first else input
    try:
        found = sorted({int(length) for length in lengths})
    except Exception as error:
        raise ModelError(
            "the lengths of packed sequences are values of run time; make them constants in forward, such as [49]"
        ) from error
    if len(found) != 1 or len(lengths) != steps_first.shape[1]:
        raise ModelError(
            f"packed sequences of lengths {found} for a batch of {steps_first.shape[1]} are not served; "
            "export a batch of 1, or sequences of one length"
        )
    if not 1 <= found[0] <= steps_first.shape[0]:
        raise ModelError(f"packed sequences of {found[0]} steps from {steps_first.shape[0]} are not served")
    return _Packed.of(steps_first[: found[0]])


def _unpack(
    sequence: _Packed, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Any, Any]:
    """``pad_packed_sequence``: padded to ``total_length`` steps, and the lengths."""
    values = sequence.steps_first
    steps, batch = values.shape[:2]
    if total_length is not None and total_length != steps:
        if total_length < steps:
            raise ModelError(f"packed sequences of {steps} steps do not fit a total_length of {total_length}")
        values = torch.nn.functional.pad(values, (0, 0, 0, 0, 0, total_length - steps), value=padding_value)
    return values.transpose(0, 1) if batch_first else values, torch.full((batch,), steps)


def _over_packed(forward: Callable[..., Any]) -> Callable[..., Any]:
    """The forward of a layer that takes packed sequences as steps first, whatever its ``batch_first`` says."""

    @wraps(forward)
    def run(self: Any, input: Any, hx: Any = None) -> Any:
        if not isinstance(input, _Packed):
            return forward(self, input, hx)
        values = input.steps_first
        outputs, state = forward(self, values.transpose(0, 1) if self.batch_first else values, hx)
        return _Packed.of(outputs.transpose(0, 1) if self.batch_first else outputs), state

    return run
