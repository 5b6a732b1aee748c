"""Checks of the options that a recipe gives a method."""

from __future__ import annotations

from ....errors import InputError


def count(method: str, name: str, value: object) -> int:
    """A whole number from one up. Raises InputError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"method '{method}': {name} must be a whole number from 1 up, not {value!r}")
    return value


def fraction(method: str, name: str, value: object) -> float:
    """A number from 0 to 1. Raises InputError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError(f"method '{method}': {name} must be a number from 0 to 1, not {value!r}")
    return float(value)
