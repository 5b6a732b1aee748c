"""C source text: literals, identifiers, comments and lines that stay as clang-format leaves them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count
from typing import Any

import numpy as np

WIDTH = 120
_COMMENT_NAME = 48

_C_KEYWORDS = (
    "auto break case char const continue default do double else enum extern float for goto if inline int long "
    "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while "
    "asm main"
)
# A model's header must not stand before one of these, and its CMake target must not be one of those.
_HEADERS = (
    "alloca assert complex ctype endian errno features fenv float inttypes iso646 limits locale malloc math memory "
    "newlib picolibc sched setjmp signal stdarg stdbool stddef stdint stdio stdlib string strings tgmath time unistd "
    "wchar wctype"
)
_CMAKE_TARGETS = "all clean depend edit_cache help install list_install_components package rebuild_cache test"
RESERVED = frozenset(f"{_C_KEYWORDS} {_HEADERS} {_CMAKE_TARGETS}".split())


#: Elements of float16 are kept as their bits; the kernels convert them.
_C_TYPES = {"bool": "uint8_t", "float32": "float", "float16": "uint16_t"}


def c_type(dtype: np.dtype[Any]) -> str:
    """The C99 type that stores one element of a numpy dtype."""
    return _C_TYPES.get(dtype.name, f"{dtype.name}_t")


def c_number(value: int) -> str:
    """An integer literal without an out-of-range intermediate."""
    if value == -(2**31):
        return "INT32_MIN"
    if value == -(2**63):
        return "INT64_MIN"
    if not -(2**31) <= value < 2**31:
        return f"INT64_C({value})"
    return str(value)


def c_float(value: float) -> str:
    """A float literal that reads back as exactly that float32."""
    text = np.format_float_scientific(np.float32(value), unique=True, trim="0", exp_digits=2)
    plain = np.format_float_positional(np.float32(value), unique=True, trim="0")
    return f"{plain if len(plain) <= len(text) else text}f"


def c_literal(value: Any) -> str:
    """A literal of a number of numpy's or Python's."""
    return c_float(float(value)) if isinstance(value, np.floating | float) else c_number(int(value))


def identifier(text: str) -> str:
    """A C identifier that resembles the text and means nothing to C, its headers or CMake."""
    cleaned = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower()
    usable = cleaned and not cleaned[0].isdigit() and cleaned not in RESERVED and not cleaned.startswith("bw_")
    return cleaned if usable else f"m_{cleaned}"


def identifiers(names: Iterable[str], longest: int = 32) -> dict[str, str]:
    """A different C identifier for every name."""
    result: dict[str, str] = {}
    for name in names:
        short = identifier(name)[:longest]
        candidates = chain([short], (f"{short}_{number}" for number in count(2)))
        result[name] = next(text for text in candidates if text not in result.values())
    return result


def comment(text: str) -> str:
    """A name made harmless inside a C comment, its middle left out when it is long."""
    safe = re.sub(r"[^\x20-\x7e]|[?\\]", "_", text).replace("*/", "* /").replace("/*", "/ *")
    half = _COMMENT_NAME // 2
    return safe if len(safe) <= _COMMENT_NAME else f"{safe[: half - 1]}...{safe[-half + 2 :]}"


def grouped(value: int) -> str:
    """A count with thousands separators."""
    return f"{value:,}"


def fill(opening: str, items: Sequence[str], closing: str) -> str:
    """``opening item, item, ... closing`` on as few lines as fit, continued below the first item."""
    if not items:
        return opening + closing
    pieces = [f"{item}," for item in items[:-1]] + [items[-1] + closing]
    lines = [opening + pieces[0]]
    for piece in pieces[1:]:
        if len(lines[-1]) + 1 + len(piece) <= WIDTH:
            lines[-1] += f" {piece}"
        else:
            lines.append(" " * len(opening) + piece)
    return "\n".join(lines)


def short_function(head: str, statement: str) -> str:
    """A function of one statement, on one line where that fits."""
    line = f"{head} {{ {statement} }}"
    return line if len(line) <= WIDTH else f"{head} {{\n    {statement}\n}}"


def comment_block(sentences: Sequence[str], indent: int = 0) -> str:
    """A block comment, wrapped; each sentence starts a line."""
    pad = " " * indent
    lines: list[str] = []
    for sentence in sentences:
        line = ""
        for word in sentence.split(" "):
            if line and len(pad) + 3 + len(line) + 1 + len(word) + 3 > WIDTH:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        lines.append(line)
    return f"{pad}/* " + f"\n{pad} * ".join(lines) + " */"


def initializer(name: str, value: str | Mapping[str, Any], column: int) -> str:
    """``.name = value`` from a column on; a nested struct that does not fit in a line has one field a line."""
    head = f".{name} = "
    if isinstance(value, str):
        return head + value
    fields = [initializer(field, inner, column + len(head) + 1) for field, inner in value.items()]
    line = f"{head}{{{', '.join(fields)}}}"
    if "\n" not in line and column + len(line) + 1 <= WIDTH:
        return line
    return f"{head}{{" + (",\n" + " " * (column + len(head) + 1)).join(fields) + "}"
