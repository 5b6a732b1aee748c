"""RISC-V with vectors: RVV 1.0, Zve32x, of any length of 64 bits and more."""

from __future__ import annotations

from ..kernel import KernelTable

KERNELS: KernelTable = {}
