"""The passes that every float graph goes through before it is quantized."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..errors import ModelError
from .ir import Graph, check
from .ops import OPERATORS
from .passes.fold_batchnorm import fold_batchnorm
from .passes.fold_padding import fold_padding
from .passes.fuse_activation import fuse_activation
from .passes.fuse_attention import fuse_attention
from .passes.fuse_functions import fuse_functions
from .passes.fuse_norms import fuse_norms
from .passes.keep_batch import keep_batch
from .passes.layout import remove_transposes
from .passes.merge_heads import merge_heads
from .passes.remove_dead_code import remove_dead_code
from .passes.reorder_units import reorder_units
from .serve import check_float

#: In this order: normalizations are whole before anything moves into their parts, attention is recognized before
#: transposes move into its products, functions before their constants fold into layers, batch normalization meets its
#: convolution when no transpose stands between them, activations meet it when no batch normalization does, and the
#: sign that zero padding of a maximum needs is known when they have.
PASSES: tuple[Callable[[Graph], Graph], ...] = (
    remove_dead_code,
    fuse_norms,
    fuse_attention,
    merge_heads,
    keep_batch,
    remove_transposes,
    reorder_units,
    fuse_functions,
    fold_batchnorm,
    fuse_activation,
    fold_padding,
)


def simplify(graph: Graph) -> Graph:
    """The same function in fewer operators, checked after each pass.

    Raises:
        UnsupportedError, ModelError: an operator has no float form, its shapes do not fit, or its weights are not
            finite; names the node.
    """
    check_float(graph)
    with np.errstate(all="ignore"):  # what is not finite is named at the end
        for rewrite in PASSES:
            graph = check(rewrite(graph))
    return _check_finite(graph)


def _check_finite(graph: Graph) -> Graph:
    for node in graph.nodes:
        rule = OPERATORS[node.op].rule_for(node)
        for index in () if rule is None else rule.parameters:
            tensor = graph.optional_input(node, index)
            if tensor is not None and tensor.data is not None and not np.all(np.isfinite(tensor.data)):
                raise ModelError(
                    f"{node.name} ({node.op}): '{tensor.name}' holds NaN or infinite values; "
                    "the training diverged, or the file is damaged"
                )
    return graph
