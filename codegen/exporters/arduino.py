"""An Arduino library: everything flat in ``src/``, since only that folder is on the include path."""

from __future__ import annotations

from .package import Package, render, within


def files(package: Package) -> dict[str, str]:
    """Every file by relative path."""
    context = package.context
    return {
        "library.properties": render("arduino/library.properties.j2", context),
        **within("src", package.public | package.private),
        "examples/selfcheck/selfcheck.ino": render("arduino/selfcheck.ino.j2", context),
        **within("examples/selfcheck", package.example),
    }
