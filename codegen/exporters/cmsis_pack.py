"""A CMSIS-Pack: one software component, with the self-check as a user code template."""

from __future__ import annotations

from .package import Package, main_program, render, within

_BASELINE = ("Cortex-M0", "Cortex-M0+", "Cortex-M1", "Cortex-M23")
_DSP = ("Cortex-M33", "Cortex-M35P", "Cortex-M52", "Cortex-M55", "Cortex-M85")
_HELIUM = ("Cortex-M52", "Cortex-M55", "Cortex-M85")


def _named(*cores: str, further: str = "") -> list[str]:
    return [f'Dcore="{core}"{further}' for core in cores]


#: Instruction set -> the attributes of the devices that have it; the portable kernels and those for RISC-V are offered
#: everywhere, since they compile everywhere.
CORES = {
    "armv6m": _named(*_BASELINE),
    "armv7m": _named("Cortex-M3", "Cortex-M33", "Cortex-M35P"),
    "armv7em": _named("Cortex-M4", "Cortex-M7") + _named(*_DSP, further=' Ddsp="DSP"'),
    "mve": _named(*_HELIUM, further=' Dmve="MVE"') + _named(*_HELIUM, further=' Dmve="FP_MVE"'),
}
_ANY = _named(*_BASELINE, "Cortex-M3", "Cortex-M4", "Cortex-M7", *_DSP)


def files(package: Package) -> dict[str, str]:
    """Every file by relative path."""
    context = package.context | {"cores": CORES.get(package.isa, _ANY)}
    return {
        f"{package.vendor}.{package.name}.pdsc": render("cmsis-pack/package.pdsc.j2", context),
        **within("include", package.public),
        **within("src", package.private),
        **within("template", package.example),
        "template/main.c": main_program(package),
    }


def archive_name(package: Package) -> str:
    """The only name that the tools take."""
    return f"{package.vendor}.{package.name}.{package.version}.pack"
