"""RISC-V RV32IMC."""

from __future__ import annotations

from functools import partial

from ..armv7em.elementwise import lower_linear
from ..generic import attention
from ..generic.wide import Tile, lower_fully_connected_s16_tile
from ..kernel import Kernel, KernelTable
from ..rows import rows_as_pixels
from . import conv, depthwise_3x3, depthwise_conv, depthwise_planes, fully_connected

_TILE = Tile(units=4, columns=4, taps=1, per_mac=170 / 64, per_output=20, per_column_tap=4)

KERNELS: KernelTable = {
    "ATTENTION": (Kernel("threes", attention.lower_threes),),
    "CONV_2D": (Kernel("packed", conv.lower_packed), Kernel("rv32", conv.lower_pairs)),
    "FULLY_CONNECTED": (
        rows_as_pixels("packed", conv.lower_packed),
        Kernel("words", fully_connected.lower_words),
        Kernel("units", fully_connected.lower),
        Kernel("16x8_tile", partial(lower_fully_connected_s16_tile, tile=_TILE)),
    ),
    "DEPTHWISE_CONV_2D": (
        Kernel("3x3_rows", depthwise_3x3.lower_rows),
        Kernel("3x3_columns", depthwise_3x3.lower_columns),
        Kernel("planes", depthwise_planes.lower),
        Kernel("rv32", depthwise_conv.lower),
    ),
    "ADD": (Kernel("linear", lower_linear),),
    "SUB": (Kernel("linear", lower_linear),),
}
