"""Typed errors. The command line prints one as a single line and exits with code 2."""

from __future__ import annotations


class BitwrightError(Exception):
    """Base of every error that Bitwright raises on purpose; the message names the place and the way out."""


class ModelError(BitwrightError):
    """The model file is damaged, hostile or inconsistent."""


class UnsupportedError(BitwrightError):
    """A well-formed model uses an operator, type or attribute that is not served."""

    def __init__(self, node: str, op: str, reason: str) -> None:
        super().__init__(f"{node} ({op}): {reason}")
        self.node, self.op, self.reason = node, op, reason


class AccumulatorOverflowError(BitwrightError):
    """An accumulator could leave int32 for some input; names the node and the bound."""


class InputError(BitwrightError):
    """Input vectors do not fit the model (shape, type, range)."""


class ResourceError(BitwrightError):
    """The program does not fit the target's RAM or flash."""


class ToolError(BitwrightError):
    """A compiler, emulator or other program is missing or failed."""


class TargetError(BitwrightError):
    """A target description is unknown or wrong."""


class LinkError(BitwrightError):
    """The firmware did not answer as the link protocol demands."""
