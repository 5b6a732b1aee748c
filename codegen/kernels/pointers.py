"""Functions that kernels call through fields of their parameters: what a bound of the stack must know."""

from __future__ import annotations

from collections.abc import Mapping

_LOOPS = ("bw_recurrent_steps_s8", "bw_recurrent_lengths_s8")
_STEPS = tuple(f"bw_recurrent_{step}_s8" for step in ("rnn", "relu", "gru", "lstm", "projected"))
_TILES = ("bw_recurrent_tile_s8", "bw_recurrent_tile_end_s8")

#: Function -> all that it may call through pointers, of which a program has those that its layers name. None of these
#: functions has a switch.
POINTERS: Mapping[str, tuple[str, ...]] = {
    "bw_recurrent_s8": _LOOPS,
    "bw_recurrent_whole_s8": _LOOPS,
    "bw_recurrent_given_s8": _LOOPS,
    "bw_recurrent_take_s8": _STEPS,
    "bw_recurrent_begin_s8": ("bw_recurrent_tiles_s8",),
    "bw_recurrent_gates_s8": _TILES,
    "bw_recurrent_projected_s8": _TILES,
}
