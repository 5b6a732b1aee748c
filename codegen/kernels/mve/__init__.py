"""Cortex-M55 and M85 with the integer vectors of Helium (MVE)."""

from __future__ import annotations

from functools import partial

from ..generic import attention, token_wise
from ..generic.wide import lower_fully_connected_s16_rows
from ..kernel import Kernel, KernelTable
from ..rows import rows_as_pixels
from . import conv, conv_shallow, depthwise_channels, depthwise_conv, depthwise_planes, fully_connected, pooling

KERNELS: KernelTable = {
    "ATTENTION": (Kernel("mve", attention.lower),),
    "CONV_2D": (Kernel("mve", conv.lower), Kernel("mve_shallow", conv_shallow.lower)),
    "DEPTHWISE_CONV_2D": (
        Kernel("mve_planes", depthwise_planes.lower),
        Kernel("mve", depthwise_conv.lower),
        Kernel("mve_channels", depthwise_channels.lower),
    ),
    "FULLY_CONNECTED": (
        rows_as_pixels("mve", conv.lower),
        Kernel("mve", fully_connected.lower),
        Kernel("16x8_rows", partial(lower_fully_connected_s16_rows, per_mac=10 / 32, per_output=28)),
    ),
    "FULLY_CONNECTED_TOKENS": (Kernel("rows", token_wise.lower),),
    "AVERAGE_POOL_2D": (Kernel("mve", pooling.lower),),
    "MAX_POOL_2D": (Kernel("mve", pooling.lower),),
}
