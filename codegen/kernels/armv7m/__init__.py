"""Cortex-M3: Armv7-M without the DSP extension."""

from __future__ import annotations

from functools import partial

from ..armv7em.elementwise import lower_linear
from ..generic import attention
from ..generic.wide import Tile, lower_fully_connected_s16_tile
from ..kernel import Kernel, KernelTable
from ..rows import rows_as_pixels
from . import conv, depthwise_conv, fully_connected

_TILE = Tile(units=4, columns=2, taps=1, per_mac=60 / 32, per_output=22, per_column_tap=6)

KERNELS: KernelTable = {
    "ATTENTION": (Kernel("threes", attention.lower_threes),),
    "CONV_2D": (Kernel("woven", conv.lower),),
    "DEPTHWISE_CONV_2D": (
        Kernel("woven_rows", depthwise_conv.lower_rows),
        Kernel("woven_columns", depthwise_conv.lower_columns),
    ),
    "FULLY_CONNECTED": (
        rows_as_pixels("woven", conv.lower),
        Kernel("woven", fully_connected.lower),
        Kernel("16x8_tile", partial(lower_fully_connected_s16_tile, tile=_TILE)),
    ),
    "ADD": (Kernel("linear", lower_linear),),
    "SUB": (Kernel("linear", lower_linear),),
}
