"""RISC-V RV32IMC."""

from __future__ import annotations

from ..kernel import Kernel, KernelTable
from . import conv, depthwise_conv, fully_connected

KERNELS: KernelTable = {
    "CONV_2D": (Kernel("packed", conv.lower_packed), Kernel("rv32", conv.lower_pairs)),
    "FULLY_CONNECTED": (Kernel("units", fully_connected.lower),),
    "DEPTHWISE_CONV_2D": (Kernel("rv32", depthwise_conv.lower),),
}
