"""RISC-V with vectors: RVV 1.0, Zve32x, of any length of 64 bits and more."""

from __future__ import annotations

from ..generic import attention
from ..kernel import Kernel, KernelTable
from . import conv, depthwise_conv, elementwise, fully_connected, reduce

KERNELS: KernelTable = {
    "ATTENTION": (Kernel("rvv", attention.lower),),
    "CONV_2D": (Kernel("rvv", conv.lower), Kernel("rvv_pixels", conv.lower_pixels)),
    "DEPTHWISE_CONV_2D": (
        Kernel("rvv", depthwise_conv.lower),
        Kernel("rvv_pixels", depthwise_conv.lower_pixels),
        Kernel("rvv_rows", depthwise_conv.lower_rows),
        Kernel("rvv_one_channel", depthwise_conv.lower_one_channel),
        Kernel("rvv_one_channel_pixels", depthwise_conv.lower_one_channel_pixels),
    ),
    "FULLY_CONNECTED": (Kernel("rvv", fully_connected.lower), Kernel("16x8_units", fully_connected.lower_words)),
    "MEAN": (Kernel("rvv", reduce.lower_mean),),
    "SUM": (Kernel("rvv", reduce.lower_mean),),
    "ADD": (Kernel("linear", elementwise.lower_linear),),
    "SUB": (Kernel("linear", elementwise.lower_linear),),
}
