"""A CMake package: built and installed by itself, found with ``find_package(NAME CONFIG)``."""

from __future__ import annotations

from .package import Package, render, within


def files(package: Package) -> dict[str, str]:
    """Every file by relative path."""
    name, context = package.name, package.context
    main = {"main": "int main(void)", "returns": True}
    return {
        "CMakeLists.txt": render("cmake/CMakeLists.txt.j2", context),
        f"{name}Config.cmake.in": render("cmake/Config.cmake.in.j2", context),
        **within("include", package.public),
        **within("src", package.private),
        "example/main.c": render("main.c.j2", context | main),
        **within("example", package.example),
    }
