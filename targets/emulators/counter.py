"""Instructions that an emulated core has executed, to the instruction: a hook at every block of them adds its length.

A hook at every instruction would be many times slower, and Unicorn leaves some of those out.
"""

from __future__ import annotations

from typing import Any

import unicorn


class Counter:
    """Counts from the first instruction on.

    Args:
        uc: the core. riscv: RV32, else Thumb code.
    """

    def __init__(self, uc: Any, riscv: bool) -> None:
        self._uc = uc
        self._riscv = riscv
        self._total = 0
        self._lengths: dict[tuple[int, int], int] = {}
        self._block = (0, 0)
        uc.hook_add(unicorn.UC_HOOK_BLOCK, self._entered)

    def _entered(self, _uc: Any, address: int, size: int, _data: Any) -> None:
        self._block = block = (address, size)
        count = self._lengths.get(block)
        if count is None:
            count = self._lengths[block] = self._instructions(address, size)
        self._total += count

    def _instructions(self, address: int, size: int) -> int:
        """How many instructions these bytes are."""
        code = bytes(self._uc.mem_read(address, size))
        place = count = 0
        while place < size:
            long = code[place] & 3 == 3 if self._riscv else code[place + 1] >= 0xE8
            place += 4 if long else 2
            count += 1
        return count

    def total(self) -> int:
        """All blocks so far, the whole of the one under way among them."""
        return self._total

    def leave(self, address: int) -> int:
        """Instructions before the one at ``address``, which is not executed: a new block begins behind it."""
        begin, size = self._block
        before = self._total - self._instructions(address, begin + size - address)
        self._total = before + 1
        return before
