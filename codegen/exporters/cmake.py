"""A CMake package: built and installed by itself, found with ``find_package(NAME CONFIG)``."""

from __future__ import annotations

from .package import Package, main_program, render, within


def files(package: Package) -> dict[str, str]:
    """Every file by relative path."""
    name, context = package.name, package.context
    return {
        "CMakeLists.txt": render("cmake/CMakeLists.txt.j2", context),
        f"{name}Config.cmake.in": render("cmake/Config.cmake.in.j2", context),
        **within("include", package.public),
        **within("src", package.private),
        "example/main.c": main_program(package),
        **within("example", package.example),
    }
