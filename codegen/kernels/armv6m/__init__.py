"""Cortex-M0, M0+ and M1: Armv6-M."""

from __future__ import annotations

from ..armv7em.elementwise import lower_linear
from ..kernel import Kernel, KernelTable
from . import conv

KERNELS: KernelTable = {
    "CONV_2D": (Kernel("woven", conv.lower),),
    "ADD": (Kernel("linear", lower_linear),),
    "SUB": (Kernel("linear", lower_linear),),
}
