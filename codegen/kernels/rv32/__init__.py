"""RISC-V RV32IMC."""

from __future__ import annotations

from ..kernel import Kernel, KernelTable
from . import conv, depthwise_conv

KERNELS: KernelTable = {
    "CONV_2D": (Kernel("packed", conv.lower_packed), Kernel("rv32", conv.lower_pairs)),
    "DEPTHWISE_CONV_2D": (Kernel("rv32", depthwise_conv.lower),),
}
