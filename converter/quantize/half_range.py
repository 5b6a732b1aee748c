"""Whether layers in float16 have room for their sums, as far as calibration has seen: lanes overflow beyond 65504."""

from __future__ import annotations

import numpy as np

from ...errors import UnsupportedError
from ..ir import DType, Graph, Node
from ..ops.floating.arithmetic import LARGEST
from ..ops.floating.halves import STEPS
from .statistics import Statistics

#: Pairs of inputs whose products are summed; None stands for weights, which count as at most 1.
_FACTORS: dict[str, tuple[tuple[int, int | None], ...]] = {
    **dict.fromkeys(("FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D", "RNN", "GRU", "LSTM"), ((0, None),)),
    "BATCH_MATMUL": ((0, 1),),
    **dict.fromkeys(("ATTENTION", "CACHED_ATTENTION"), ((0, 1), (2, None))),
}


def require_room(graph: Graph, node: Node, kind: DType, statistics: Statistics) -> None:
    """Raise UnsupportedError where a lane of a node's sums could leave the range of float16, whatever the signs.

    Args:
        kind: the type that the node is to compute in.
    """
    if kind is not DType.FLOAT16:
        return
    for first, second in _FACTORS.get(node.op, ()):
        reach = [_reach(graph, node, index, statistics) for index in (first, second) if index is not None]
        bound = STEPS * float(np.prod(reach))
        if bound > LARGEST[DType.FLOAT16]:
            of = " times ".join(f"{value:.4g}" for value in reach)
            raise UnsupportedError(
                node.name,
                node.op,
                f"its inputs reach {of}, and {STEPS} such products {bound:.4g}, beyond float16's 65504: "
                "switch it to f32",
            )


def _reach(graph: Graph, node: Node, index: int, statistics: Statistics) -> float:
    """The largest magnitude of an input; of what a recurrent layer multiplies besides, too."""
    names = [node.inputs[index]]
    if node.op in ("RNN", "GRU", "LSTM"):
        names.append(node.outputs[0])
    tensors = [graph.tensor(name) for name in names if name is not None]
    found = [
        float(np.abs(t.data).max(initial=0))
        if t.data is not None
        else max(-statistics[t.name].low, statistics[t.name].high)
        for t in tensors
    ]
    return max(found)
