"""Packages for the ecosystems in which firmware is written: the same C everywhere, described in each one's words."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...errors import InputError
from . import arduino, cmake, cmsis_pack, esp_idf, platformio, rust, zephyr
from .package import Package, render


@dataclass(frozen=True)
class Exporter:
    """One ecosystem.

    Attributes:
        title: its name, as it is written there.
        files: every file of the package by relative path, without README, licence and marker.
        archive: the suffix of a package that is one file; archived: whether it is one where nothing is asked for.
        nested: whether the archive has its files in one folder.
        archive_name: the only name that an archive may have; None where any will do.
        taken: names that mean something else there; prefixes: beginnings of such names; models: they are taken for
            the models in a package, too.
    """

    title: str
    files: Callable[[Package], dict[str, str]]
    archive: str = ".zip"
    archived: bool = False
    nested: bool = True
    archive_name: Callable[[Package], str] | None = None
    taken: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    models: bool = False

    def check_names(self, package: Package) -> None:
        """Raise InputError for a name that the ecosystem uses itself."""
        for name in [package.name, *(model.name for model in package.models if self.models)]:
            if name in self.taken or name.startswith(self.prefixes or "-"):
                raise InputError(f"'{name}' cannot be exported for {self.title}, which uses such a name: give a --name")


EXPORTERS: Mapping[str, Exporter] = {
    "arduino": Exporter("Arduino", arduino.files, archived=True, prefixes=("arduino",)),
    "cmake": Exporter("CMake", cmake.files),
    "cmsis-pack": Exporter(
        "CMSIS-Pack", cmsis_pack.files, ".pack", archived=True, nested=False, archive_name=cmsis_pack.archive_name
    ),
    "esp-idf": Exporter("ESP-IDF", esp_idf.files, taken=esp_idf.COMPONENTS, prefixes=("esp_", "esp32")),
    "platformio": Exporter("PlatformIO", platformio.files),
    "rust": Exporter("Rust", rust.files, taken=rust.WORDS, models=True),
    "zephyr": Exporter("Zephyr", zephyr.files, taken=zephyr.MODULES, prefixes=("zephyr",)),
}


def export_files(package: Package, form: str) -> dict[str, str]:
    """Every file of the package for an ecosystem, a key of ``EXPORTERS``, by relative path. Raises InputError."""
    exporter = EXPORTERS[form]
    exporter.check_names(package)
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
