"""``bitwright frontend``: a quantized network that takes features becomes one that takes what a sensor delivers."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from .. import api, console
from ..converter.audio.settings import KINDS, FrontEnd, from_mapping, read_table
from ..converter.native import write_native
from ..errors import InputError
from . import sensors
from .output import check_writable

_HELP = {
    "sample_rate": "in Hz",
    "window": "samples of a frame",
    "stride": "samples from one frame to the next",
    "fft": "its length (default: the next power of two)",
    "mel_channels": "triangular filters",
    "lower_hz": "where the filters begin",
    "upper_hz": "where they end",
    "coefficients": "of the cosine transform",
    "floor": "what is added before the logarithm, full scale being 1",
    "normalize": "peak: by the highest sample; none",
}


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The command's options: a setting has the option of its name."""
    command.add_argument("model", type=Path, metavar="MODEL", help="a quantized model: .bwq, .tflite or .onnx")
    command.add_argument("--audio", choices=KINDS, help="what the features are (default: mfcc)")
    command.add_argument("--settings", type=Path, metavar="F.toml", help="settings in a table [frontend]")
    for setting in fields(FrontEnd):
        if setting.name != "kind":
            kind = type(setting.default)
            shown = "" if setting.name == "fft" else f" (default: {setting.default})"
            command.add_argument(
                f"--{setting.name.replace('_', '-')}", type=kind, metavar="V", help=_HELP[setting.name] + shown
            )
    command.add_argument(
        "--hops", type=int, default=0, metavar="K", help="listen to a stream: one inference every K frames"
    )
    command.add_argument(
        "--samples", type=int, default=0, metavar="N", help="of a whole recording (default: as few as do)"
    )
    command.add_argument("-o", "--output", type=Path, metavar="J.bwq", help="file to write (default: MODEL-audio.bwq)")
    sensors.add_arguments(command)


def settings_of(options: argparse.Namespace) -> FrontEnd:
    """The settings of the file, and those given as options before them. Raises InputError."""
    table = {} if options.settings is None else read_table(options.settings)
    given = {setting.name: getattr(options, setting.name, None) for setting in fields(FrontEnd)}
    given["kind"] = options.audio
    place = "the options" if options.settings is None else f"'{options.settings}'"
    return from_mapping(table | {name: value for name, value in given.items() if value is not None}, place)


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    output = options.output or options.model.with_name(f"{options.model.stem}-audio.bwq")
    if output.suffix != ".bwq":
        raise InputError(f"'{output}': a network with a front end is written as .bwq")
    check_writable(output)
    network = api.load(options.model)
    joined = sensors.joined(options, network)
    if joined is not None:
        output.write_bytes(write_native(joined))
        source = joined.tensor(joined.inputs[0])
        shape = " x ".join(map(str, source.shape[1:]))
        what = "int16 samples" if options.motion else "pixels of 0 to 255 (less 128 in C)"
        console.out.print(f"Wrote {output}: {shape} {what} per inference", soft_wrap=True)
        console.out.print(f"Next: bitwright verify {output} --target mps2-an386", style="dim", soft_wrap=True)
        return 0
    settings = settings_of(options)
    graph = api.with_front_end(network, settings, options.hops, options.samples)
    output.write_bytes(write_native(graph))
    samples = graph.tensor(graph.inputs[0]).elements
    way = (
        f"a stream, {options.hops} x {settings.stride} samples" if options.hops else f"a recording of {samples} samples"
    )
    console.out.print(
        f"Wrote {output}: int16 samples at {settings.sample_rate} Hz, {way} per inference", soft_wrap=True
    )
    console.out.print(f"Next: bitwright verify {output} --target mps2-an386", style="dim", soft_wrap=True)
    return 0
