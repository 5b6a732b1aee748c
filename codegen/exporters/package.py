"""What every export starts from: the C of one or several models, laid out flat, and a self-check of each."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from ...converter.ir import Array
from ...converter.reference import Session
from ...errors import InputError
from .. import sources
from ..project import MARKER, ModelSources, check_name, describe, to_json
from ..render import ConstantArray, environment

NAMES = "bw_names.h"
_VERSION = re.compile(r"(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})")
_AUTHOR = re.compile(r"[^\W_][\w .,'()+-]{0,60}(<[\w.+-]{1,60}@[\w.-]{1,60}>)?", re.ASCII)
_URL = re.compile(r"https?://[\w.~:/?#@!$()*+,;=%-]{1,200}", re.ASCII)
#: A function's definition or prototype, from the first column; static ones are not seen outside their file.
_FUNCTION = re.compile(
    r"^(?!static|typedef|return|else)(?:[A-Za-z_][\w ]*[ *]|__attribute__.*[ *])(bw_\w+)\(", re.MULTILINE
)


@dataclass(frozen=True, eq=False)
class SelfCheck:
    """Known vectors of a model: integer inputs, and what the reference computes for them in this order.

    Attributes:
        inputs, outputs: for each tensor of the interface, the vectors' elements one after the other.
    """

    vectors: int
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]


def self_check(model: ModelSources, vectors: Sequence[Sequence[Array]]) -> SelfCheck:
    """The reference's outputs for input vectors, in the graph's integers; streaming state starts anew."""
    session = Session(model.program.graph)
    outputs = [session.trace(vector).outputs for vector in vectors]
    given, expected = (
        tuple(np.concatenate([np.ravel(array) for array in column]) for column in zip(*rows, strict=True))
        for rows in (vectors, outputs)
    )
    return SelfCheck(len(vectors), given, expected)


@dataclass(frozen=True, eq=False)
class Package:
    """One or several models that are exported together.

    Attributes:
        name: a C identifier; version: three numbers.
        core: the core whose kernels these are, in words.
        author: whom the package's description names; url: where it says that it comes from; empty: nowhere.
    """

    name: str
    version: str
    models: tuple[ModelSources, ...]
    checks: tuple[SelfCheck, ...]
    core: str
    author: str = "Bitwright"
    url: str = ""

    def __post_init__(self) -> None:
        """Raise InputError for what no ecosystem takes."""
        check_name(self.name)
        if not _VERSION.fullmatch(self.version):
            raise InputError(f"'{self.version}' is no version that every ecosystem takes: use numbers such as 1.0.0")
        if not _AUTHOR.fullmatch(self.author):
            raise InputError(
                f"'{self.author}' cannot stand as author: give a name, and an address as in Ada <ada@example.org>"
            )
        if self.url and not _URL.fullmatch(self.url):
            raise InputError(f"'{self.url}' is no address such as https://example.org/{self.name}")
        twice = [name for name, count in Counter(model.name for model in self.models).items() if count > 1]
        if twice:
            raise InputError(f"two models are named '{twice[0]}': rename one of the files")

    @cached_property
    def public(self) -> dict[str, str]:
        """The headers that an application includes, by file name."""
        return {f"{model.name}.h": model.files[f"include/{model.name}.h"] for model in self.models}

    @cached_property
    def private(self) -> dict[str, str]:
        """Every other file of the models, in one folder: sources and the headers that only these include.

        The kernels' functions get the package's name before theirs at link, so that packages of different models,
        cores or versions can be linked side by side.
        """
        files: dict[str, str] = {}
        for model in self.models:
            for path, text in model.files.items():
                folder, _, name = path.partition("/")
                if folder != "include":
                    files[name] = text
        functions = external_functions(files)
        for name, text in files.items():
            if name.endswith(".c") and not name.endswith("_constants.c"):
                files[name] = f'#include "{NAMES}"\n\n{text}'
        context = {"package": self, "functions": functions}
        files[NAMES] = render("bw_names.h.j2", context)
        return dict(sorted(files.items()))

    @property
    def sources(self) -> list[str]:
        """The file names of :attr:`private` that are compiled."""
        return [name for name in self.private if name.endswith(".c")]

    @property
    def known(self) -> list[dict[str, Any]]:
        """What the templates of each model's self-check see."""
        return [
            {**model.context, "vectors": check.vectors, "arrays": _arrays(check)}
            for model, check in zip(self.models, self.checks, strict=True)
        ]

    @cached_property
    def example(self) -> dict[str, str]:
        """A self-check of each model, by file name."""
        return {
            f"{context['name']}_selfcheck.{suffix}": render(f"selfcheck.{suffix}.j2", context)
            for context in self.known
            for suffix in ("c", "h")
        }

    @property
    def isa(self) -> str:
        """The kernels' most specific instruction set."""
        return str(self.models[0].context["isa"])

    @property
    def option(self) -> str:
        """The package's Kconfig symbol, without CONFIG_."""
        return f"BITWRIGHT_{self.name.upper()}"

    @property
    def author_name(self) -> str:
        """The author without an address."""
        return self.author.partition("<")[0].strip()

    @property
    def author_email(self) -> str:
        """The author's address; empty where there is none."""
        return self.author.partition("<")[2].rstrip("> ")

    @property
    def vendor(self) -> str:
        """The author in letters and digits."""
        return re.sub(r"[^A-Za-z0-9]", "", self.author_name)

    @property
    def context(self) -> dict[str, Any]:
        """What every template of an ecosystem sees."""
        floating = any(model.context["floating"] for model in self.models)
        return {
            "package": self,
            "kind": "Mixed integer and float" if floating else "Integer-only",
            "floating": floating,
            "models": [model.context for model in self.models],
            "sources": self.sources,
            "constant_bytes": {model.name: model.constant_bytes for model in self.models},
        }

    def marker(self, form: str) -> dict[str, str]:
        """The file that says what wrote the package, which may therefore be replaced by its next version."""
        models = [describe(model, self.core) for model in self.models]
        digest = hashlib.sha256("".join(str(model["build_id"]) for model in models).encode()).hexdigest()[:32]
        head = {"bitwright": models[0]["bitwright"], "name": self.name, "version": self.version, "format": form}
        return {MARKER: to_json({**head, "build_id": digest, "models": models})}

    def licence(self) -> dict[str, str]:
        """The licence of the kernels."""
        return {"LICENSE-bitwright.txt": LICENCE.read_text(encoding="utf-8")}


LICENCE = sources.FIRMWARE.parent / "LICENSE"


def render(template: str, context: Mapping[str, Any]) -> str:
    """A template of the folder ``exports``, filled."""
    return environment().get_template(f"exports/{template}").render(context)


def main_program(package: Package, signature: str = "int main(void)", returns: bool = True) -> str:
    """A program that prints what the self-checks find; ``returns``: as exit status, too."""
    return render("main.c.j2", package.context | {"main": signature, "returns": returns})


def external_functions(files: Mapping[str, str]) -> list[str]:
    """The functions of kernels that the linker sees, by name; the files' texts by name."""
    found = {name: _FUNCTION.findall(text) for name, text in files.items()}
    # Where a macro writes the definition, the file is named after it.
    kernels = {name for name in files if name.startswith("bw_") and name.endswith(".c")}
    made = {name.removesuffix(".c") for name in kernels if not found[name]}
    return sorted({*chain.from_iterable(found.values()), *made})


def within(folder: str, files: Mapping[str, str]) -> dict[str, str]:
    """The same files in a folder."""
    return {f"{folder}/{name}": text for name, text in files.items()}


def _arrays(check: SelfCheck) -> list[ConstantArray]:
    columns = [("given", check.inputs), ("expected", check.outputs)]
    return [
        ConstantArray(f"{role}_{index}", array.astype(np.uint8) if array.dtype == np.bool_ else array)
        for role, arrays in columns
        for index, array in enumerate(arrays)
    ]
