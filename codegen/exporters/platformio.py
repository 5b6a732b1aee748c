"""A PlatformIO library with a self-check project for this computer and for boards."""

from __future__ import annotations

from .package import Package, render, within


def files(package: Package) -> dict[str, str]:
    """Every file by relative path."""
    context = package.context
    return {
        "library.json": render("platformio/library.json.j2", context),
        **within("include", package.public),
        **within("src", package.private),
        "examples/selfcheck/platformio.ini": render("platformio/platformio.ini.j2", context),
        "examples/selfcheck/src/main.cpp": render("platformio/main.cpp.j2", context),
        **within("examples/selfcheck/src", package.example),
    }
