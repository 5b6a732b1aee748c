"""Puts an integer front end before a network."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from ...errors import InputError
from ..ir import Graph, Node, Tensor, check
from ..native import write_native

PREFIX = "frontend/"


def network_input(network: Graph) -> Tensor:
    """The one input that a front end serves. Raises InputError: the network is float, or has several inputs."""
    if network.is_float:
        raise InputError(f"'{network.name}' is float: quantize it first")
    if len(network.inputs) != 1:
        raise InputError(f"'{network.name}' has {len(network.inputs)} inputs; a front end serves networks of one")
    return network.tensor(network.inputs[0])


def join(front: Graph, network: Graph) -> Graph:
    """One graph of both: the front end's only output takes the place of the network's only input.

    Names of the front end begin with ``frontend/``. State of both is kept; the network's own edge (float or uint8
    input) goes, since nobody sees that tensor any more.

    Raises:
        InputError: the output's type, shape, scale or zero point is not the input's.
    """
    target, source = network_input(network), front.tensor(front.outputs[0])
    if (source.shape, source.dtype, source.quant) != (target.shape, target.dtype, target.quant):
        raise InputError(
            f"the front end gives {source.dtype.value}{list(source.shape)} of {source.quant}, "
            f"but '{network.name}' takes {target.dtype.value}{list(target.shape)} of {target.quant}"
        )
    if any(name.startswith(PREFIX) for name in network.tensors):
        raise InputError(f"'{network.name}' has a front end already")
    names = {name: PREFIX + name for name in front.tensors} | {source.name: target.name}

    def renamed(node: Node) -> Node:
        inputs = tuple(None if name is None else names[name] for name in node.inputs)
        outputs = tuple(names[name] for name in node.outputs)
        return replace(node, name=PREFIX + node.name, inputs=inputs, outputs=outputs)

    tensors = {names[name]: replace(tensor, name=names[name]) for name, tensor in front.tensors.items()}
    joined = replace(
        network,
        tensors={**network.tensors, **tensors},
        nodes=(*map(renamed, front.nodes), *network.nodes),
        inputs=tuple(names[name] for name in front.inputs),
        variables={**network.variables, **front.variables},
        edges={name: edge for name, edge in network.edges.items() if name != target.name}
        | {names[name]: edge for name, edge in front.edges.items()},
    )
    return check(replace(joined, digest=hashlib.sha256(write_native(joined)).hexdigest()))
