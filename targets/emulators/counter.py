"""Instructions that an emulated core has executed."""

from __future__ import annotations

from typing import Any

import unicorn


class Counter:
    def __init__(self, uc: Any, riscv: bool) -> None:
        self._uc, self._riscv = uc, riscv
        self._total = 0
        self._blocks: dict[tuple[int, int], int] = {}
        self._last = (0, 0)
        uc.hook_add(unicorn.UC_HOOK_BLOCK, self._block)

    def _block(self, uc: Any, address: int, size: int, data: Any) -> None:
        key = (address, size)
        count = self._blocks.get(key)
        if count is None:
            count = self._blocks[key] = self._length(address, size)
        self._total += count
        self._last = key

    def _length(self, address: int, size: int) -> int:
        code = self._uc.mem_read(address, size)
        place = count = 0
        while place < size:
            if self._riscv:
                place += 4 if code[place] & 3 == 3 else 2
            else:
                place += 4 if code[place + 1] >= 0xE8 else 2
            count += 1
        return count

    def total(self) -> int:
        return self._total

    def before(self, address: int) -> int:
        start, size = self._last
        return self._total - self._length(address, start + size - address)

    def resume(self, address: int) -> None:
        start, size = self._last
        self._total -= self._length(address, start + size - address)
