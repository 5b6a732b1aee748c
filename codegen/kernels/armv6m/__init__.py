"""Cortex-M0, M0+ and M1: Armv6-M."""

from __future__ import annotations

from ..armv7em.elementwise import lower_linear
from ..generic import attention
from ..kernel import Kernel, KernelTable
from ..rows import rows_as_pixels
from . import conv, depthwise_conv, fully_connected

KERNELS: KernelTable = {
    "ATTENTION": (Kernel("threes", attention.lower_threes),),
    "CONV_2D": (Kernel("woven", conv.lower),),
    "DEPTHWISE_CONV_2D": (
        Kernel("woven_rows", depthwise_conv.lower_rows),
        Kernel("woven_columns", depthwise_conv.lower_columns),
    ),
    "FULLY_CONNECTED": (rows_as_pixels("woven", conv.lower), Kernel("woven", fully_connected.lower)),
    "ADD": (Kernel("linear", lower_linear),),
    "SUB": (Kernel("linear", lower_linear),),
}
