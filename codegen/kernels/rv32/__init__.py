"""RISC-V RV32IMC."""

from __future__ import annotations

from ..kernel import Kernel, KernelTable
from . import conv, depthwise_conv, fully_connected

KERNELS: KernelTable = {
    "CONV_2D": (Kernel("quad", conv.lower_quad), Kernel("rv32", conv.lower)),
    "FULLY_CONNECTED": (Kernel("units", fully_connected.lower),),
    "DEPTHWISE_CONV_2D": (Kernel("rv32", depthwise_conv.lower),),
}
