"""RISC-V with CORE-V XCV (CV32E40P) or XpulpV2: dot products of four bytes, hardware loops, moving addresses."""

from __future__ import annotations

from functools import partial

from ..generic import attention
from ..generic.wide import Tile, lower_fully_connected_s16_rows, lower_fully_connected_s16_tile
from ..kernel import Kernel, KernelTable
from ..rows import rows_as_pixels
from . import conv, depthwise_conv, elementwise, fully_connected, pooling

_TILE = Tile(units=4, columns=2, taps=4, per_mac=24 / 32, per_output=28, per_column_tap=2)

KERNELS: KernelTable = {
    "ATTENTION": (Kernel("xcv", attention.lower),),
    "CONV_2D": (
        Kernel("xcv_rows", conv.lower_rows),
        Kernel("xcv", conv.lower),
        Kernel("xcv_rows_compact", partial(conv.lower_rows, compact=True)),
        Kernel("xcv_compact", partial(conv.lower, compact=True)),
    ),
    "DEPTHWISE_CONV_2D": (
        Kernel("xcv_planes", depthwise_conv.lower_planes),
        Kernel("xcv_3x3", depthwise_conv.lower),
        Kernel("xcv", depthwise_conv.lower_any),
        Kernel("xcv_conv", depthwise_conv.lower_one_channel),
        Kernel("xcv_conv_rows", partial(depthwise_conv.lower_one_channel, rows=True)),
        Kernel("xcv_conv_compact", partial(depthwise_conv.lower_one_channel, compact=True)),
    ),
    "FULLY_CONNECTED": (
        rows_as_pixels("xcv", conv.lower),
        rows_as_pixels("xcv_compact", partial(conv.lower, compact=True)),
        Kernel("xcv", fully_connected.lower),
        Kernel("xcv_compact", partial(fully_connected.lower, compact=True)),
        Kernel("16x8_tile", partial(lower_fully_connected_s16_tile, tile=_TILE)),
        Kernel("16x8_rows", partial(lower_fully_connected_s16_rows, per_mac=15 / 16, per_output=26)),
    ),
    "AVERAGE_POOL_2D": (Kernel("xcv", pooling.lower),),
    "MEAN": (Kernel("xcv", pooling.lower_mean),),
    "SUM": (Kernel("xcv", pooling.lower_mean),),
    "ADD": (Kernel("linear", elementwise.lower),),
    "SUB": (Kernel("linear", elementwise.lower),),
}
