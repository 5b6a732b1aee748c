"""How one node becomes one C call: the contract between lowering, memory planning and the templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

#: A field of a kernel's parameter struct: a number (a real one as numpy.float32), a short inline array, a nested
#: struct, a pointer to a constant array, or the name of a C function.
Field = int | np.float32 | tuple[int, ...] | Mapping[str, Any] | NDArray[Any] | str


@dataclass(frozen=True, eq=False)
class KernelCall:
    """A call ``function(&params, in..., out..., states..., scratch)``; ``scratch`` is a ``void *``.

    Attributes:
        function: C function; ``<function>.h`` declares it and its struct ``<function>_params``,
            ``<isa>/<function>.c`` defines it.
        params: the struct's fields in any order. A numpy array (int8, int16, int32, uint8, ...) becomes a named
            constant array and the field a pointer to it.
        operands: indices of the node's inputs that are passed as pointers, in call order. A constant input
            becomes a constant array.
        scratch: bytes of scratch; when it is None the function takes no scratch argument.
        distance: for an input index, the smallest safe ``address(input) - address(output)`` in bytes: the output may
            overlap that dying input wherever the distance is at least this much (0 or less permits exact in-place).
            An input that is not listed must not overlap any output. Must hold for every larger distance.
        exact: the output may overlap its input at just that distance: kernels that leave and find bytes in place.
        sources: further C files (stems) that the function needs.
        alias: the output is the first operand's bytes unchanged (RESHAPE and kin); no code when they share an address.
        gather_operands: the operands are passed as one array of pointers, ``const void *const *inputs``.
        scatter_outputs: the outputs are passed as one array of pointers, ``void *const *outputs``.
        instructions: estimated instructions of one call, for the choice among kernels; None where nobody knows.
        cores: how several cores can make the call together, each doing its share of the work and with ``scratch`` bytes
            for itself (bw_cores.h): not at all ("one"); where no input shares bytes with the output ("apart"); also
            where every element of the output is in the place of the input's that alone it depends on ("in place").
    """

    function: str
    params: Mapping[str, Field] = field(default_factory=dict)
    operands: tuple[int, ...] = (0,)
    scratch: int | None = None
    distance: Mapping[int, int] = field(default_factory=dict)
    exact: bool = False
    sources: tuple[str, ...] = ()
    alias: bool = False
    gather_operands: bool = False
    scatter_outputs: bool = False
    instructions: int | None = None
    cores: Literal["one", "apart", "in place"] = "one"


def as_c(values: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
    """The values in the C array's type. Raises OverflowError when one does not fit (a bug, not a user error)."""
    converted = values.astype(dtype)
    if not np.array_equal(converted.astype(np.int64), values.astype(np.int64)):
        raise OverflowError(f"values do not fit {np.dtype(dtype).name}")
    return np.ascontiguousarray(converted)


def constants(call: KernelCall) -> Iterator[NDArray[Any]]:
    """The constant arrays that a call's parameters point to."""

    def arrays(fields: Mapping[str, Any]) -> Iterator[NDArray[Any]]:
        for value in fields.values():
            if isinstance(value, Mapping):
                yield from arrays(value)
            elif isinstance(value, np.ndarray):
                yield value

    return arrays(call.params)


def constant_bytes(call: KernelCall) -> int:
    """Bytes of the constant arrays that a call's parameters point to."""
    return sum(array.nbytes for array in constants(call))
