"""Reads a PyTorch network into a float graph: a module, an exported program or a ``.pt2`` file.

``program.py`` obtains the ATen graph by :mod:`torch.export`, ``reader.py`` walks it, and one file per family says how
each ATen operator becomes operators of Bitwright's graph (``table.py`` lists them all). Only the first two touch torch.
"""

from __future__ import annotations

from .program import is_torch, read_pt2, read_torch

__all__ = ["is_torch", "read_pt2", "read_torch"]
