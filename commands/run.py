"""``bitwright run``: a model's outputs, as a target computes them."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from .. import api, console
from ..converter.ir import Array
from ..converter.reference import to_interface
from ..errors import InputError
from ..targets import image as images
from ..targets.hardware import started
from ..targets.replay import Replay
from ..targets.vectors import load_vectors
from . import place
from .output import check_writable


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The command's options."""
    command.add_argument("model", type=Path, metavar="MODEL", help="a quantized model: .bwq or .tflite")
    place.add_arguments(command)
    command.add_argument("--inputs", type=Path, required=True, metavar="X.npy", help="input vectors")
    command.add_argument("-o", "--output", type=Path, required=True, metavar="Y.npy", help="outputs (.npz for several)")


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    if options.output.suffix not in (".npy", ".npz"):
        raise InputError(f"'{options.output}': outputs are written as .npy or .npz")
    check_writable(options.output)
    where = place.place_of(options)
    graph = api.load(options.model)
    vectors = load_vectors(graph, options.inputs)
    outputs: list[list[Array]] = []
    if len(graph.outputs) > 1 and options.output.suffix != ".npz":
        raise InputError(f"'{options.output}': the model has {len(graph.outputs)} outputs, which need a .npz file")
    with (
        console.progress() as progress,
        images.built(graph, where.target) as image,
        started(image, where.connection, progress) as link,
    ):
        replay = Replay(link, image.model, vectors)
        for index in range(len(vectors)):
            result = replay.run(index)
            tensors = [graph.tensor(name) for name in graph.outputs]
            integers = [
                np.frombuffer(data, tensor.dtype.numpy).reshape(tensor.shape)
                for data, tensor in zip(result.outputs, tensors, strict=True)
            ]
            outputs.append(to_interface(graph, integers))
            progress("run", index + 1, len(vectors))
    stacked = [np.stack(column) for column in zip(*outputs, strict=True)]
    if options.output.suffix == ".npz":
        np.savez(options.output, **{f"out{i}": array for i, array in enumerate(stacked)})
    else:
        np.save(options.output, stacked[0])
    console.out.print(f"Wrote {len(vectors)} outputs to {options.output}", soft_wrap=True)
    return 0
