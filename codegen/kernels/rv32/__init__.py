"""RISC-V RV32IMC."""

from __future__ import annotations

from ..kernel import Kernel, KernelTable
from . import conv, depthwise_conv

KERNELS: KernelTable = {
    "CONV_2D": (Kernel("quad", conv.lower_quad), Kernel("rv32", conv.lower)),
    "DEPTHWISE_CONV_2D": (Kernel("rv32", depthwise_conv.lower),),
}
