"""What a front end computes, as a user states it: options of a command or a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from ...errors import InputError

KINDS = ("mfcc", "log-mel", "micro")
NORMALIZE = ("peak", "none")


@dataclass(frozen=True)
class FrontEnd:
    """The defaults are those of the MLPerf Tiny keyword spotting network.

    Attributes:
        kind: ``mfcc``; ``log-mel`` without the cosine transform; ``micro``: TensorFlow's micro frontend with noise
            reduction and gain control, which has no use for coefficients, floor and normalize.
        sample_rate: in Hz; window, stride: of the frames in samples; fft: its length, 0 for the next power of two.
        mel_channels: triangular filters between lower_hz and upper_hz.
        coefficients: of the cosine transform.
        floor: what is added before the logarithm, relative to a full-scale signal of 1.
        normalize: ``peak``: the signal is divided by its highest sample; ``none``.
    """

    kind: str = "mfcc"
    sample_rate: int = 16000
    window: int = 480
    stride: int = 320
    fft: int = 0
    mel_channels: int = 40
    lower_hz: float = 20.0
    upper_hz: float = 4000.0
    coefficients: int = 10
    floor: float = 1e-6
    normalize: str = "peak"

    def __post_init__(self) -> None:
        """Raises InputError: a setting that is none."""
        for name, low, high in _LIMITS:
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(f"the front end's {name} is {value}; it must be in [{low:g}, {high:g}]")
        for name, choices in (("kind", KINDS), ("normalize", NORMALIZE)):
            if getattr(self, name) not in choices:
                raise InputError(f"the front end's {name} is '{getattr(self, name)}'; it is {' or '.join(choices)}")
        if self.fft and (self.fft & (self.fft - 1) or self.fft < self.window):
            raise InputError(f"the front end's fft is {self.fft}; it must be a power of two from {self.window} on")
        if not self.lower_hz < self.upper_hz <= self.sample_rate / 2:
            raise InputError(
                f"the front end's filters lie between {self.lower_hz:g} and {self.upper_hz:g} Hz; they must rise and "
                f"end by {self.sample_rate / 2:g} Hz"
            )
        if self.kind == "micro" and self.normalize != "none":
            raise InputError("the micro front end's gain control takes the place of normalize, which must be 'none'")
        if self.kind == "mfcc" and self.coefficients > self.mel_channels:
            raise InputError(f"{self.coefficients} coefficients of {self.mel_channels} channels")

    @classmethod
    def micro(cls) -> FrontEnd:
        """The micro frontend as micro wake word models hear it: 30 ms every 10 ms, 40 channels."""
        return cls(kind="micro", stride=160, lower_hz=125.0, upper_hz=7500.0, normalize="none")

    @property
    def fft_length(self) -> int:
        """The FFT's length."""
        return self.fft or max(8, 1 << (self.window - 1).bit_length())

    @property
    def values(self) -> int:
        """Values of one frame."""
        return self.coefficients if self.kind == "mfcc" else self.mel_channels


#: Setting, lowest and highest value.
_LIMITS = (
    ("sample_rate", 1000, 192000),
    ("window", 4, 4096),
    ("stride", 1, 4096),
    ("fft", 0, 4096),
    ("mel_channels", 1, 256),
    ("lower_hz", 0, 96000),
    ("upper_hz", 1, 96000),
    ("coefficients", 1, 256),
    ("floor", 1e-12, 1.0),
)


def read_settings(path: Path) -> FrontEnd:
    """The front end of a TOML file with a table ``[frontend]``. Raises InputError."""
    return from_mapping(read_table(path), f"'{path}'")


def read_table(path: Path) -> dict[str, Any]:
    """The table ``[frontend]`` of a TOML file. Raises InputError."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"'{path}' cannot be read as TOML: {error}") from error
    table = content.get("frontend")
    if not isinstance(table, dict):
        raise InputError(f"'{path}' has no table [frontend]")
    return table


def from_mapping(table: Mapping[str, Any], place: str) -> FrontEnd:
    """The front end of settings by name. Raises InputError."""
    kinds: dict[str, type] = {field.name: type(field.default) for field in fields(FrontEnd)}
    for name, value in table.items():
        if name not in kinds:
            raise InputError(f"{place}: a front end has no '{name}'; it has {', '.join(kinds)}")
        fits = isinstance(value, kinds[name]) or (kinds[name] is float and isinstance(value, int))
        if not fits or isinstance(value, bool):
            raise InputError(f"{place}: '{name}' is {value!r}; it must be of type {kinds[name].__name__}")
    base = FrontEnd.micro() if table.get("kind") == "micro" else FrontEnd()
    return replace(base, **{name: kinds[name](value) for name, value in table.items()})
