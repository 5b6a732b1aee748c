"""The passes that every float graph goes through before it is quantized."""

from __future__ import annotations

from collections.abc import Callable

from .ir import Graph, check
from .passes.fold_batchnorm import fold_batchnorm
from .passes.fold_padding import fold_padding
from .passes.fuse_activation import fuse_activation
from .passes.layout import remove_transposes
from .passes.remove_dead_code import remove_dead_code
from .serve import check_float

#: In this order: batch normalization meets its convolution when no transpose stands between them, activations meet
#: it when no batch normalization does, and the sign that zero padding of a maximum needs is known when they have.
PASSES: tuple[Callable[[Graph], Graph], ...] = (
    remove_dead_code,
    remove_transposes,
    fold_batchnorm,
    fuse_activation,
    fold_padding,
)


def simplify(graph: Graph) -> Graph:
    """The same function in fewer operators, checked after each pass.

    Raises:
        UnsupportedError, ModelError: an operator has no float form, or its shapes do not fit; names the node.
    """
    check_float(graph)
    for rewrite in PASSES:
        graph = check(rewrite(graph))
    return graph
