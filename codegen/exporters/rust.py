"""A Rust crate: the C below a safe ``no_std`` interface."""

from __future__ import annotations

from .package import Package, render, within

#: C type -> Rust type.
TYPES = {f"{prefix}int{bits}_t": f"{prefix or 'i'}{bits}" for prefix in ("", "u") for bits in (8, 16, 32, 64)}

_WORDS = (
    "abstract alloc as async await become box break cc const continue core crate do dyn else enum extern false final "
    "fn for gen if impl in let loop macro match mod move mut override priv proc_macro pub ref return self static std "
    "struct super test trait true try type typeof union unsafe unsized use virtual where while yield check"
)
#: What names no crate or module: keywords, and crates that every program sees.
WORDS = frozenset(_WORDS.split())


def files(package: Package) -> dict[str, str]:
    """Every file by relative path."""
    context = package.context | {"rust": TYPES}
    modules, vectors = {}, {}
    for model, known in zip(package.models, package.known, strict=True):
        modules[f"{model.name}.rs"] = render("rust/model.rs.j2", {**model.context, "rust": TYPES})
        vectors[f"{model.name}_vectors.rs"] = render("rust/vectors.rs.j2", known | {"rust": TYPES})
    return {
        "Cargo.toml": render("rust/Cargo.toml.j2", context),
        "build.rs": render("rust/build.rs.j2", context),
        "src/lib.rs": render("rust/lib.rs.j2", context),
        **within("src", modules),
        **within("c/include", package.public),
        **within("c/src", package.private),
        "examples/selfcheck.rs": render("rust/selfcheck_example.rs.j2", context),
        "tests/selfcheck.rs": render("rust/selfcheck_test.rs.j2", context),
        "tests/check/mod.rs": render("rust/check.rs.j2", context),
        **within("tests/check", vectors),
    }
