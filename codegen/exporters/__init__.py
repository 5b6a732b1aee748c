"""Packages for the ecosystems in which firmware is written: the same C everywhere, described in each one's words."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from . import cmake
from .package import Package, render


@dataclass(frozen=True)
class Exporter:
    """One ecosystem.

    Attributes:
        title: its name, as it is written there.
        files: every file of the package by relative path, without README, licence and marker.
        archive: the suffix of a package that is one file; archived: whether it is one where nothing is asked for.
        nested: whether the archive has its files in one folder.
    """

    title: str
    files: Callable[[Package], dict[str, str]]
    archive: str = ".zip"
    archived: bool = False
    nested: bool = True


EXPORTERS: Mapping[str, Exporter] = {
    "cmake": Exporter("CMake", cmake.files),
}


def export_files(package: Package, form: str) -> dict[str, str]:
    """Every file of the package for an ecosystem, a key of ``EXPORTERS``, by relative path. Raises InputError."""
    exporter = EXPORTERS[form]
    context = package.context | {"title": exporter.title}
    readme = render("README.md.j2", context | {"use": render(f"{form}/use.md.j2", context).strip()})
    files = exporter.files(package) | {"README.md": readme} | package.licence() | package.marker(form)
    return dict(sorted(files.items()))


def export_archive(package: Package, form: str) -> bytes:
    """The same as one file: a zip archive, the same bytes for the same package. Raises InputError."""
    prefix = f"{package.name}/" if EXPORTERS[form].nested else ""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, text in export_files(package, form).items():
            entry = zipfile.ZipInfo(prefix + path, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.encode())
    return buffer.getvalue()
