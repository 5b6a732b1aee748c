"""What is refused from PyTorch: errors name the module's path, the operator and a way out; nothing is unpickled."""

from __future__ import annotations

import io
import pickle
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bitwright.converter.frontends.pytorch import read_pt2, read_torch
from bitwright.converter.frontends.pytorch.table import LOWERINGS
from bitwright.converter.frontends.pytorch.table import REFUSED as REFUSALS
from bitwright.converter.load import load
from bitwright.errors import BitwrightError, InputError, ModelError, ToolError, UnsupportedError
from hypothesis import given
from hypothesis import strategies as st


def test_without_torch_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ToolError, match=r"pip install 'bitwright\[torch\]'"):
        read_torch("model.pt2")


torch = pytest.importorskip("torch", reason="needs torch: pip install 'bitwright[torch]'")

from torch_peer import Lambda, few, random  # noqa: E402

nn, F = torch.nn, torch.nn.functional


def refusal(source: Any, *inputs: Any) -> str:
    """The one line of the error."""
    with pytest.raises(UnsupportedError) as caught:
        read_torch(source, inputs or None)
    message = str(caught.value)
    assert "\n" not in message
    return message


# -- operators -----------------------------------------------------------------------------------------------------

X = random(1, 4, 5, 6)
REFUSED: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "mish": (F.mish, "aten.mish", "SiLU"),
    "softplus": (F.softplus, "aten.softplus", "ReLU"),
    "log softmax": (lambda x: F.log_softmax(x, 1), "aten.log_softmax", "drop it"),
    "log sigmoid": (F.logsigmoid, "aten.log_sigmoid", "sigmoid"),
    "division": (lambda x: 1 / x, "aten.reciprocal", "rsqrt"),
    "division of two": (lambda x: x / x.mean(), "aten.div", "rsqrt"),
    "division by zero": (lambda x: x / 0, "aten.div", "division by zero"),
    "floor division": (lambda x: torch.div(x, 2, rounding_mode="floor"), "aten.div", "rounds"),
    "normalize": (F.normalize, "aten.linalg_vector_norm", "rsqrt"),
    "power": (lambda x: x**1.7, "aten.pow", "exponent 1.7"),
    "comparison": (lambda x: torch.where(x > 0, x, 0), "aten.gt", "docs/pytorch.md"),
    "bicubic": (lambda x: F.interpolate(x, scale_factor=2, mode="bicubic"), "aten.upsample_bicubic2d", "bilinear"),
    "antialias": (
        lambda x: F.interpolate(x, scale_factor=0.5, mode="bilinear", antialias=True),
        "aten._upsample_bilinear2d_aa",
        "bilinear without",
    ),
    "uneven bilinear": (
        lambda x: F.interpolate(x, scale_factor=1.5, mode="bilinear"),
        "aten.upsample_bilinear2d",
        "recompute_scale_factor",
    ),
    "uneven adaptive pool": (lambda x: F.adaptive_avg_pool2d(x, (3, 4)), "aten.adaptive_avg_pool2d", "divides"),
    "dilated pool": (lambda x: F.max_pool2d(x, 2, dilation=2), "aten.max_pool2d", "dilated"),
    "pool indices": (lambda x: F.max_pool2d(x, 2, return_indices=True), "aten.max_pool2d_with_indices", "output 1"),
    "conv3d": (lambda x: F.conv3d(x[None], torch.ones(1, 1, 2, 2, 2)), "aten.conv3d", "one or two"),
    "weights of run time": (lambda x: F.conv2d(x, x[:, :, :2, :2]), "aten.conv2d", "run time"),
    "cast": (lambda x: x.int(), "aten._to_copy", "outside the network"),
    "top k": (lambda x: x.topk(2).values, "aten.topk", "calls the network"),
    "sine": (torch.sin, "aten.sin", "docs/pytorch.md"),
    "unfold": (lambda x: F.unfold(x, 2), "aten.im2col", "constant indices"),
    "random": (lambda x: x + torch.rand(6), "aten.rand", "buffer"),
    "dropout": (lambda x: F.dropout(x, 0.5, training=True), "aten.dropout", "eval mode"),
    "attention to nothing": (
        lambda x: F.scaled_dot_product_attention(x, x, x, torch.full((5, 5), -1e9)),
        "aten.scaled_dot_product_attention",
        "hides every key",
    ),
    "mask of run time": (
        lambda x: F.scaled_dot_product_attention(x, x, x, x[..., :5]),
        "aten.scaled_dot_product_attention",
        "fixed length",
    ),
    "empty slice": (lambda x: torch.cat([x[:, 4:] * 2, x], 1), "aten.slice", "empty"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused_operators(name: str) -> None:
    function, op, way_out = REFUSED[name]
    module = nn.Sequential(nn.Identity(), nn.ModuleDict({"inner": Lambda(function)})["inner"])
    message = refusal(module, X)
    assert message.startswith("1") and f"({op})" in message and way_out in message


def test_operators_of_other_libraries() -> None:
    """A name that ATen has, too, is another operator."""
    with torch.library._scoped_library("bitwright_tests", "FRAGMENT") as library:
        library.define("relu(Tensor x) -> Tensor")
        library.impl("relu", lambda x: x * 2, "CompositeExplicitAutograd")
        message = refusal(Lambda(lambda x: torch.ops.bitwright_tests.relu(x)), X)
    assert message.startswith("relu (bitwright_tests.relu): this operator is not served")


def test_outputs_that_do_not_depend_on_the_input() -> None:
    assert "does not depend" in refusal(Lambda(lambda x: (x * 2, torch.ones(3))), X)


def test_the_page_lists_every_operator() -> None:
    page = (Path(__file__).parents[3] / "docs" / "pytorch.md").read_text()
    assert not [name for name in (*LOWERINGS, *REFUSALS) if f"`{name}`" not in page and f"::{name}`" not in page]


# -- programs ------------------------------------------------------------------------------------------------------


def test_dynamic_dimensions_are_named() -> None:
    module = nn.Sequential(nn.Linear(4, 3))
    shapes = {"input": {0: torch.export.Dim("batch", min=2)}}
    program = torch.export.export(module, (random(2, 4),), dynamic_shapes=shapes)
    message = refusal(program)
    assert message.startswith("input (shape): dimension 0 ") and "dynamic_shapes" in message


@pytest.mark.parametrize("layer", [nn.BatchNorm2d(4), nn.Dropout(0.5), nn.InstanceNorm2d(4, track_running_stats=True)])
def test_programs_exported_in_train_mode(layer: Any) -> None:
    program = torch.export.export(nn.Sequential(nn.Conv2d(4, 4, 3), layer).train(), (X,))
    assert "eval mode" in refusal(program)


def test_networks_that_change_their_buffers() -> None:
    class Counter(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("count", torch.zeros(1))

        def forward(self, x: Any) -> Any:
            self.count += x.mean()
            return x * 2

    assert refusal(Counter(), X).startswith("count (buffer): the network changes it")


def test_modules_that_cannot_be_traced(capfd: pytest.CaptureFixture[str]) -> None:
    module = Lambda(lambda x: x * 2 if x.sum() > 0 else x)
    with pytest.raises(ModelError, match=r"torch\.export cannot trace Lambda: .*branches on values of run time"):
        read_torch(module, X)
    assert capfd.readouterr() == ("", "")
    with pytest.raises(ModelError, match=r"torch\.export cannot trace Conv2d: .*channels"):
        read_torch(nn.Conv2d(3, 4, 3), X)


def test_activations_beyond_the_limits() -> None:
    with pytest.raises(ModelError, match=r"^expand: 125829120 elements; up to"):
        read_torch(Lambda(lambda x: x[..., None].expand(1, 4, 5, 6, 2**20) * 2), X)


def test_what_is_no_network() -> None:
    with pytest.raises(InputError, match="example_inputs"):
        read_torch(nn.ReLU())
    with pytest.raises(InputError, match=r"torch.nn.Module .* found dict"):
        read_torch({"weight": torch.ones(1)})


# -- files ---------------------------------------------------------------------------------------------------------


class Trap:
    """Whoever unpickles this writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.write_text, (self.path, "sprung")


@pytest.fixture(scope="module")
def archive() -> bytes:
    """A network as torch.export.save writes it."""
    buffer = io.BytesIO()
    torch.export.save(torch.export.export(nn.Linear(4, 3).eval(), (random(1, 4),)), buffer)
    return buffer.getvalue()


def changed(archive: bytes, change: Callable[[str, bytes], tuple[str, bytes]]) -> bytes:
    """The archive with every entry's name and content changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            target.writestr(*change(name, source.read(name)))
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt"])
def test_pickles_are_refused_unread(suffix: str, tmp_path: Path) -> None:
    trap, path = tmp_path / "trap", tmp_path / f"model{suffix}"
    path.write_bytes(pickle.dumps(Trap(trap)))
    for read in (read_torch, load):
        with pytest.raises(ModelError, match=r"pickled Python objects.*torch.export.save\(.*'model.pt2'\)"):
            read(path)
    assert not trap.exists()


def test_pickles_in_an_archive_are_not_run(archive: bytes, tmp_path: Path) -> None:
    """Wherever torch.export.load would unpickle: whole modules, sample inputs, constants."""
    trap = tmp_path / "trap"
    evil = io.BytesIO()
    torch.save(Trap(trap), evil)
    with pytest.raises(ModelError, match="pickled"):
        read_pt2(evil.getvalue(), "model")

    replaced = 0
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        names = source.namelist()
    for victim in names:
        data = changed(archive, lambda name, content, v=victim: (name, evil.getvalue() if name == v else content))
        try:
            read_pt2(data, "model")
        except BitwrightError:
            replaced += 1
        assert not trap.exists(), victim
    assert replaced >= 3
    for prefix in ("custom_obj_0", "opaque_obj_0"):
        data = changed(archive, lambda name, content, p=prefix: (name.replace("weight_0", p), content))
        with pytest.raises(ModelError, match="pickled Python objects"):
            read_pt2(data, "model")


def test_the_environment_is_left_as_it_was(archive: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.delenv("TORCH_FORCE_WEIGHTS_ONLY_LOAD", raising=False)
    read_pt2(archive, "model")
    assert "TORCH_FORCE_WEIGHTS_ONLY_LOAD" not in os.environ


@given(st.data())
@few
def test_damaged_archives(archive: bytes, data: st.DataObject) -> None:
    damaged = bytearray(archive)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(len(damaged) // 2, len(damaged)))
    try:
        read_pt2(bytes(damaged[:cut]), "model")
    except BitwrightError as error:
        assert "\n" not in str(error)


def test_archives_that_unpack_to_too_much(archive: bytes) -> None:
    buffer = io.BytesIO(archive)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as target:
        target.writestr("model/data/weights/weight_9", bytes(2**27))
    assert len(buffer.getvalue()) < 2**20
    with pytest.raises(ModelError, match="unpacks to"):
        read_pt2(buffer.getvalue(), "model")


def test_files_that_are_absent_or_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        read_torch(tmp_path / "absent.pt2")
    (tmp_path / "text.pt2").write_text("no archive")
    with pytest.raises(ModelError, match=r"no \.pt2 archive"):
        read_torch(tmp_path / "text.pt2")
