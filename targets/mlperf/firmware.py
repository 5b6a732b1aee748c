"""The firmware of a benchmark: the protocol around a generated model."""

from __future__ import annotations

import numpy as np

from ...codegen.render import ConstantArray, environment
from ...converter.ir import Graph
from ..build import Application
from .benchmarks import Benchmark, check, steps, thousandths, values

_SHARED = ("mlperf/bw_mlperf.c", "mlperf/bw_mlperf.h", "runtime/bw_model.h", "runtime/bw_platform.h")


def application(benchmark: Benchmark, graph: Graph) -> Application:
    """What is linked around a model to serve MLPerf Tiny's runners.

    Raises:
        ModelError: the network does not take and give what the benchmark exchanges.
    """
    check(benchmark, graph)
    if benchmark.sample == "float32":
        own = "mlperf/bw_reconstruct.c"
        tables = {"steps": steps(graph).astype(np.int32), "values": values(graph).astype(np.int32)}
    else:
        own = "mlperf/bw_classify.c"
        tables = {"thousandths": thousandths(benchmark, graph).astype(np.uint16)}
    arrays = [ConstantArray(f"bw_mlperf_{name}", data) for name, data in tables.items()]
    template = environment().get_template("bw_benchmark.c.j2")
    text = template.render(benchmark=benchmark, name=graph.name, arrays=arrays)
    title = f"the firmware of MLPerf Tiny's {benchmark.id}, which its runners drive"
    return Application(title, (*_SHARED, own), {"bw_benchmark.c": text})
