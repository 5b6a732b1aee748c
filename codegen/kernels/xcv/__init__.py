"""RISC-V with CORE-V XCV (CV32E40P) or XpulpV2: dot products of four bytes, hardware loops, moving addresses."""

from __future__ import annotations

from ..kernel import KernelTable

KERNELS: KernelTable = {}
