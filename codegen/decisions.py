"""What is decided about a network before it is lowered, as data: kernels, order and fused layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fusion:
    """Consecutive layers, by name, that are executed a few rows at a time.

    Attributes:
        rows: of the last layer's output that are computed at once.
        matched: the others compute as many at once as those rows advance by; otherwise one at a time.
    """

    layers: tuple[str, ...]
    rows: int
    matched: bool


@dataclass(frozen=True)
class Decisions:
    """What is left open is decided by estimate.

    Attributes:
        kernels: by layer name.
        order: every layer's name; None for the order that is found.
    """

    kernels: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] | None = None
    fused: tuple[Fusion, ...] = ()


@dataclass(frozen=True)
class Aim:
    """How small the arena is to be: ``most`` bytes (None: whatever it takes); ``least``: as small as is found.

    Nothing is asked for where both are left out: no layers are fused then.
    """

    most: int | None = None
    least: bool = False

    def __bool__(self) -> bool:
        return self.least or self.most is not None
