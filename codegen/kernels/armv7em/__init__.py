"""Cortex-M4, M7 and M33 with the DSP extension."""

from __future__ import annotations

from functools import partial

from ..generic.wide import Tile, lower_fully_connected_s16_rows, lower_fully_connected_s16_tile
from ..kernel import Kernel, KernelTable
from ..rows import rows_as_pixels
from . import (
    attention,
    conv,
    depthwise_3x3,
    depthwise_conv,
    elementwise,
    fully_connected,
    pooling,
    token_wise,
    winograd,
)

_TILE = Tile(units=2, columns=3, taps=4, per_mac=43 / 48, per_output=18, per_column_tap=1.5)

KERNELS: KernelTable = {
    "ATTENTION": (Kernel("pairs", attention.lower_pairs),),
    "CONV_2D": (
        Kernel("triple", conv.lower_triple),
        Kernel("armv7em", conv.lower),
        Kernel("winograd", winograd.lower_winograd),
    ),
    "DEPTHWISE_CONV_2D": (
        Kernel("3x3_rows", depthwise_3x3.lower_rows),
        Kernel("3x3_columns", depthwise_3x3.lower_columns),
        Kernel("armv7em", depthwise_conv.lower),
    ),
    "FULLY_CONNECTED": (
        rows_as_pixels("triple", conv.lower_triple),
        rows_as_pixels("armv7em", conv.lower),
        Kernel("four", fully_connected.lower_four),
        Kernel("armv7em", fully_connected.lower),
        Kernel("16x8_tile", partial(lower_fully_connected_s16_tile, tile=_TILE)),
        Kernel("16x8_rows", partial(lower_fully_connected_s16_rows, per_mac=22 / 16, per_output=28)),
    ),
    "FULLY_CONNECTED_TOKENS": (Kernel("armv7em", token_wise.lower),),
    "AVERAGE_POOL_2D": (Kernel("armv7em", pooling.lower),),
    "MAX_POOL_2D": (Kernel("armv7em", pooling.lower),),
    "MEAN": (Kernel("armv7em", pooling.lower_mean),),
    "SUM": (Kernel("armv7em", pooling.lower_mean),),
    "ADD": (Kernel("linear", elementwise.lower_linear),),
    "SUB": (Kernel("linear", elementwise.lower_linear),),
}
