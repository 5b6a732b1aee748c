"""The capsule network in float32 C: its answers on the host, its flash on the cores; see capsules_float.c."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from elftools.elf.elffile import ELFFile
from numpy.typing import NDArray
from torch import nn

SOURCE = Path(__file__).with_name("capsules_float.c")
#: Core and unit for float -> the target whose integer firmware it is set beside, compiler, flags.
BUILDS = {
    "Cortex-M4, FPU": ("mps2-an386", "arm-none-eabi-gcc", "-mthumb -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16"),
    "Cortex-M4, none": ("mps2-an386", "arm-none-eabi-gcc", "-mthumb -mcpu=cortex-m4 -mfloat-abi=soft"),
    "Cortex-M7, FPU": ("mps2-an500", "arm-none-eabi-gcc", "-mthumb -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-sp-d16"),
    "Cortex-M7, none": ("mps2-an500", "arm-none-eabi-gcc", "-mthumb -mcpu=cortex-m7 -mfloat-abi=soft"),
    "RV32IMC, none": ("qemu-rv32", "riscv64-unknown-elf-gcc", "-march=rv32imc -mabi=ilp32 --specs=picolibc.specs"),
}
FLAGS = ("-std=c99", "-O2", "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra", "-Werror")
LINK = ("-nostartfiles", "-Wl,--gc-sections", "-Wl,--entry=capsules_float", "-lm")
#: Room that the linker script of picolibc would not give by itself.
ROOM = "-Wl,--defsym=__flash_size=0x200000,--defsym=__ram_size=0x200000"


def weights(net: nn.Sequential) -> str:
    """weights.h."""
    convolution, primary, routing = net[0], net[2].conv, net[3].weight
    arrays = {
        "conv_weight": convolution.weight.permute(0, 2, 3, 1),
        "conv_bias": convolution.bias,
        "primary_weight": primary.weight.permute(0, 2, 3, 1),
        "primary_bias": primary.bias,
        "routing_weight": routing,
    }
    lines = []
    for name, tensor in arrays.items():
        values = ", ".join(f"{value:.9e}f" for value in tensor.detach().flatten().tolist())
        lines.append(f"static const float {name}[{tensor.numel()}] = {{{values}}};\n")
    return "".join(lines)


def compiled(folder: Path, compiler: str, flags: Iterable[str], file: str) -> Path:
    """The program or library of weights.h in the folder. Raises CalledProcessError."""
    command = [compiler, *FLAGS, f"-I{folder}", str(SOURCE), *flags, "-o", str(folder / file)]
    subprocess.run(command, check=True)
    return folder / file


def answers(net: nn.Sequential, images: NDArray[np.float32], folder: Path) -> NDArray[np.float32]:
    """Lengths [n, 10] of images [n, 1, 28, 28], by the host."""
    (folder / "weights.h").write_text(weights(net))
    library = ctypes.CDLL(str(compiled(folder, "cc", ("-shared", "-fPIC", "-lm"), "host.so")))
    found = np.zeros((len(images), 10), np.float32)
    for image, row in zip(np.ascontiguousarray(images), found, strict=True):
        library.capsules_float(image.ctypes.data_as(ctypes.c_void_p), row.ctypes.data_as(ctypes.c_void_p))
    return found


def flash(net: nn.Sequential, build: str, folder: Path) -> int:
    """Bytes that the ELF of a build puts into flash: weights, code, and what it needs of the C library."""
    (folder / "weights.h").write_text(weights(net))
    _, compiler, flags = BUILDS[build]
    elf = compiled(folder, compiler, (*flags.split(), *LINK, *([ROOM] if "riscv" in compiler else [])), "float.elf")
    with elf.open("rb") as file:
        return sum(segment["p_filesz"] for segment in ELFFile(file).iter_segments("PT_LOAD"))
