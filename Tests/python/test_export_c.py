"""Exported C: every compiler, every activation and loss, the largest numbers, pipelines with their labels."""

from __future__ import annotations

import ctypes
import locale
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

import swiftreg
from swiftreg import MLP, MLPClassifier, MLPRegressor, export_c

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

Array = NDArray[Any]
ACTIVATIONS = [name for name, _ in swiftreg._core.enum_table(0)]
LOSSES = [name for name, _ in swiftreg._core.enum_table(1)]
DTYPES = ["float32", "float64"]
C_TYPES = {"float32": ctypes.c_float, "float64": ctypes.c_double}
# Of an activation or an output, against the kernels, which are within 2 units in the last place themselves.
MAX_ULP = 4

C, CXX = os.environ.get("CC", "cc"), os.environ.get("CXX", "c++")
WARNINGS = "-Wall -Wextra -Wconversion -Wshadow -pedantic -Werror".split()
COMPILERS = {
    "gcc, C99": [C, "-x", "c", "-std=c99", "-Wmissing-prototypes", "-Wdouble-promotion"],
    "gcc, C17": [C, "-x", "c", "-std=c17"],
    "g++, C++11": [CXX, "-x", "c++", "-std=c++11", "-Wmissing-declarations"],
    "g++, C++20": [CXX, "-x", "c++", "-std=c++20"],
    "clang, C99": ["clang", "-x", "c", "-std=c99", "-Wmissing-prototypes"],
    "clang, C++11": ["clang", "-x", "c++", "-std=c++11"],
    "gcc, fused": [C, "-x", "c", "-std=c99", "-mfma"],
}


def compiled(source: Path, compiler: str = "gcc, C99", *flags: str) -> ctypes.CDLL:
    """The functions of a source file. `-ffp-contract=off`, since C++ compilers may fuse otherwise."""
    command = COMPILERS[compiler]
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]}")
    if "-mfma" in command and "fma" not in Path("/proc/cpuinfo").read_text():
        pytest.skip("a CPU without fused multiply-add")
    library = source.with_suffix(f".{abs(hash((compiler, *flags)))}.so")
    subprocess.run(
        [*command, *WARNINGS, "-O2", "-ffp-contract=off", "-shared", "-fPIC", *flags, str(source), "-o", str(library), "-lm"],
        check=True,
    )
    return ctypes.CDLL(str(library))


def called(function: Any, X: Array, outputs: int, dtype: str | None = None) -> Array:
    function.restype = None
    X = np.ascontiguousarray(X, dtype)
    out = np.full((len(X), outputs), 7, X.dtype)
    for x, y in zip(X, out):
        function(ctypes.c_void_p(x.ctypes.data), ctypes.c_void_p(y.ctypes.data))
    return out


def ulp(got: Array, want: Array, factor: Array | float = 1.0) -> float:
    """The largest distance in units in the last place of `want`; NaN and infinities must be the same.

    Of a product of `factor` and a subnormal number, that number's unit counts.
    """
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    np.testing.assert_array_equal(np.where(np.isinf(got), got, 0), np.where(np.isinf(want), want, 0))
    finite = np.isfinite(want)
    got, want = got[finite], np.abs(want[finite])
    distance = np.abs(np.abs(got).astype(np.longdouble) - want.astype(np.longdouble))
    least = np.finfo(want.dtype).smallest_subnormal * np.maximum(1, np.abs(np.broadcast_to(factor, finite.shape)[finite]))
    unit = np.maximum(want - np.nextafter(want, 0), least)
    return float((distance / unit.astype(np.longdouble)).max(initial=0))


def edges(dtype: str) -> Array:
    """Numbers of every size, the largest and the smallest, infinities and zeros."""
    info = np.finfo(dtype)
    rng = np.random.default_rng(3)
    powers = np.linspace(np.log10(float(info.tiny)), np.log10(float(info.max)) - 0.01, 400)
    sizes = np.append(10**powers, np.arange(1, 40) * float(info.smallest_subnormal))
    usual = rng.uniform(-120 if dtype == "float32" else -760, 100, 1500)
    special = [0.0, -0.0, info.max, info.tiny, info.smallest_subnormal, np.inf, 88.7, 89, 103.9, 104, 709.7, 745.1, 746]
    with np.errstate(all="ignore"):
        return np.concatenate([usual, sizes, -sizes, special, np.negative(special)]).astype(dtype)


# ---- Accuracy ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation: str, dtype: str, tmp_path: Path) -> None:
    """Behind a weight of 1, where no sum rounds."""
    network = MLP([1, 1, 1], activation=activation, loss="squared_error", dtype=dtype)
    for W, b in network.weights:
        W[:], b[:] = 1, 0
    network.export_c(tmp_path / "f.c", "f")
    X = edges(dtype)[:, None]
    with np.errstate(all="ignore"):
        want = network.predict(X)
    got = called(compiled(tmp_path / "f.c").f, X, 1)
    if activation == "gelu":
        # Far below 0, the kernel's e^(-z^2 / 2) is that of a rounded square.
        for low, high in ((-np.inf, -30), (-30, -10), (-10, -3), (-3, np.inf)):
            part = (X > low) & (X <= high)
            assert ulp(got[part], want[part], X[part]) <= MAX_ULP + min(low**2, 39.0**2) / 2
        return
    assert ulp(got, want, X if activation == "silu" else 1.0) <= MAX_ULP


@pytest.mark.parametrize("dtype", DTYPES)
def test_outputs_of_every_loss(dtype: str, tmp_path: Path) -> None:
    X = edges(dtype)
    X = X[np.isfinite(X)]
    rng = np.random.default_rng(4)
    logits = np.concatenate([rng.choice(X, (2000, 3)), rng.normal(0, 10, (2000, 3)), [[0, 0, 0]]]).astype(dtype)
    for loss in LOSSES:
        network = MLP([3, 3], loss=loss, dtype=dtype)
        (W, b), = network.weights
        W[:], b[:] = np.eye(3), 0
        network.export_c(tmp_path / f"{loss}.c", "f")
        got = called(compiled(tmp_path / f"{loss}.c").f, logits, 3)
        # Three terms of a softmax's sum, each of MAX_ULP, and the division.
        assert ulp(got, network.predict(logits)) <= MAX_ULP * (1 if loss != "softmax_cross_entropy" else 2), loss


def random_network(widths: list[int], activation: Any, loss: str, dtype: str, scale: float = 1.0) -> MLP:
    network = MLP(widths, activation=activation, loss=loss, dtype=dtype)
    network.parameters[:] = np.random.default_rng(5).standard_normal(network.parameters.size) * scale
    return network


@pytest.mark.parametrize("compiler", COMPILERS)
def test_every_compiler(compiler: str, tmp_path: Path) -> None:
    """All activations and losses, in one file, in both types; with labels, a block, and steps."""
    rng = np.random.default_rng(6)
    X = rng.standard_normal((30, 6))
    networks: dict[str, tuple[MLP, str]] = {}
    for own in DTYPES:
        for dtype in DTYPES:
            for l, loss in enumerate(LOSSES):
                name = f"from_{own}_{dtype}_{l}"
                network = random_network([6, 9, 7, 5, 8, 6, 5, 7, 5, 3], ACTIVATIONS, loss, own, 0.5)
                network.export_c(tmp_path / f"{name}.c", name, dtype=dtype, block=True)
                networks[name] = network, dtype
    sources = "".join(f'#include "{name}.c"\n#include "{name}.h"\n#include "{name}.h"\n' for name in networks)
    (tmp_path / "all.c").write_text(sources)
    library = compiled(tmp_path / "all.c", compiler)
    for name, (network, dtype) in networks.items():
        if str(network.dtype) == dtype:
            want = network.predict(X)
        else:
            other = random_network(list(network.layer_dims), list(network.activation), network.loss, dtype)
            other.parameters[:] = network.parameters
            want = other.predict(X)
        got = called(getattr(library, name), X, 3, dtype)
        eps = np.finfo(dtype).eps
        np.testing.assert_allclose(got, want, rtol=100 * eps, atol=20 * eps * np.abs(want).max())
        block = np.empty_like(got)
        rows = np.ascontiguousarray(X, dtype)
        getattr(library, f"{name}_block")(
            ctypes.c_void_p(rows.ctypes.data), ctypes.c_long(len(X)), ctypes.c_void_p(block.ctypes.data)
        )
        assert block.tobytes() == got.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
def test_sums_have_the_bits_where_multiply_add_is_fused(dtype: str, tmp_path: Path) -> None:
    network = random_network([700, 40, 3], "relu", "squared_error", dtype)
    network.export_c(tmp_path / "f.c", "f")
    X = np.random.default_rng(7).standard_normal((20, 700)).astype(dtype)
    if swiftreg.build_info()["isa"] == "baseline":
        pytest.skip("the library's own kernels do not fuse here")
    got = called(compiled(tmp_path / "f.c", "gcc, fused").f, X, 3)
    assert got.tobytes() == network.predict(X).tobytes()


# ---- The largest numbers -------------------------------------------------------------------


@pytest.mark.parametrize("compiler", ["gcc, C99", "gcc, fused", "clang, C99"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_sums_that_overflow(dtype: str, compiler: str, tmp_path: Path) -> None:
    """A sum of products that overflow one by one is infinite, finite or NaN as in the network."""
    largest = float(np.finfo(dtype).max)
    network = MLP([2, 1], loss="squared_error", dtype=dtype)
    (W, b), = network.weights
    W[:], b[:] = [2, -2], 0
    network.export_c(tmp_path / "f.c", "f")
    x = np.full((1, 2), 0.95 * largest, dtype)
    assert np.isinf(network.predict(x)).all()
    assert called(compiled(tmp_path / "f.c", compiler).f, x, 1) == network.predict(x)
    # 900 inputs are more than one chain of multiply-adds.
    for inputs in (3, 40, 900):
        network = random_network([inputs, 5], "relu", "squared_error", dtype, 2.0)
        network.export_c(tmp_path / f"f{inputs}.c", "f")
        X = np.random.default_rng(8).choice([-0.9, -0.4, 0.0, 0.3, 0.9], (200, inputs)) * largest
        X[::3] *= 0.1
        X[1::7] = np.clip(X[1::7], 0, None)
        X = X.astype(dtype)
        with np.errstate(all="ignore"):
            want = network.predict(X)
        assert np.isinf(want).any()
        got = called(compiled(tmp_path / f"f{inputs}.c", compiler).f, X, 5)
        np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
        np.testing.assert_array_equal(np.isinf(got) * np.sign(got), np.isinf(want) * np.sign(want))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_activations_of_large_sums(dtype: str, loss: str, tmp_path: Path) -> None:
    largest = float(np.finfo(dtype).max)
    for activation in ACTIVATIONS:
        network = random_network([4, 6, 3], activation, loss, dtype)
        network.export_c(tmp_path / f"{activation}.c", "f")
        X = np.random.default_rng(9).standard_normal((60, 4)) * np.repeat([1e3, largest ** 0.5, largest / 8], 20)[:, None]
        X = np.clip(X, -largest, largest).astype(dtype)
        with np.errstate(all="ignore"):
            want = network.predict(X)
        got = called(compiled(tmp_path / f"{activation}.c").f, X, 3)
        eps = np.finfo(dtype).eps
        with np.errstate(all="ignore"):
            # The rounding of a sum moves a probability by as much as its terms are large.
            np.testing.assert_allclose(got, want, rtol=1e6 * eps, atol=0 if loss == "squared_error" else 1e-3)


# ---- Numbers and texts ---------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_number_comes_back(dtype: str, tmp_path: Path) -> None:
    """Random bits, as decimal constants: read by the compiler, they are the same."""
    size = np.dtype(dtype).itemsize
    bits = np.random.default_rng(10).integers(0, 256, 3000 * size, dtype=np.uint8).view(dtype)
    info = np.finfo(dtype)
    few = np.array([0.1, 0.5, 100.0, 1e15, 1e16, 123456.75, 1e-4, 1e-5, 3e-5, info.max, info.tiny, info.smallest_subnormal])
    with np.errstate(all="ignore"):
        few = np.append(few, [0.0, np.inf]).astype(dtype)
        values = np.concatenate([bits, few, -few])
    network = MLP([1, len(values)], loss="squared_error", dtype=dtype)
    network.parameters[: len(values)] = values
    network.parameters[len(values):] = -0.0
    network.export_c(tmp_path / "f.c", "f")
    got = called(compiled(tmp_path / "f.c").f, np.ones((1, 1), dtype), len(values))[0]
    np.testing.assert_array_equal(got, values)
    text = (tmp_path / "f.c").read_text()
    suffix = "f" if dtype == "float32" else ""
    for literal in ("0.1", "0.5", "100.0", "1000000000000000.0", "1.0e16", "123456.75", "0.0001", "1.0e-5", "3.0e-5"):
        assert re.search(rf"[ -]{re.escape(literal)}{suffix}\b", text), literal
    assert "0x" not in text


def test_the_locale_changes_nothing(tmp_path: Path) -> None:
    code = f"""
import locale, swiftreg
network = swiftreg.MLP([2, 3, 1], seed=1)
network.export_c(r"{tmp_path}/c.c")
for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "nl_NL.UTF-8"):
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        continue
    network.export_c(r"{tmp_path}/other.c")
    assert "," in locale.str(1.5)
    break
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    if not (tmp_path / "other.c").exists():
        pytest.skip(f"only the locale {locale.setlocale(locale.LC_ALL)} is installed here")
    assert (tmp_path / "c.c").read_text() == (tmp_path / "other.c").read_text()


def test_arguments(tmp_path: Path) -> None:
    network = MLP([2, 1])
    with pytest.raises(ValueError, match="path must not end with .h"):
        network.export_c(tmp_path / "f.h")
    with pytest.raises(ValueError, match='dtype must be "float32", "float64" or None, got \'int8\''):
        network.export_c(tmp_path / "f.c", dtype="int8")
    for name in ("class", "new", "template", "this", "constexpr", "nullptr", "and", "wchar_t"):
        with pytest.raises(ValueError, match="name must be an identifier of C"):
            network.export_c(tmp_path / "f.c", name)
    assert list(tmp_path.iterdir()) == []
    network.export_c(tmp_path / "f.c", header=False)
    assert [p.name for p in tmp_path.iterdir()] == ["f.c"]
    network.export_c(os.fsencode(tmp_path / "f.c"), header=tmp_path / "other.hpp")
    network.export_c(tmp_path / "plain")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f.c", "other.hpp", "plain", "plain.h"]


def test_a_header_that_cannot_be_written_leaves_the_source(tmp_path: Path) -> None:
    (tmp_path / "f.c").write_text("old")
    (tmp_path / "f.h").mkdir()
    with pytest.raises(IsADirectoryError):
        MLP([2, 1]).export_c(tmp_path / "f.c")
    assert (tmp_path / "f.c").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f.c", "f.h"]


def test_names_that_the_file_uses(tmp_path: Path) -> None:
    """No function's name is in the way of a variable, in its own file or in another's."""
    names = """x y a u v i m n w b k z e sum total largest first end factor n_in n_out long_ dense _""".split()
    X = np.random.default_rng(11).standard_normal((60, 3))
    model = make_pipeline(StandardScaler(), MLPClassifier(4, max_iter=2, tol=1, random_state=1)).fit(X, np.arange(60) % 3)
    for name in names:
        export_c(model, tmp_path / f"{name}.c", name, block=True)
    (tmp_path / "all.c").write_text("".join(f'#include "{name}.c"\n' for name in names))
    for compiler in ("gcc, C99", "g++, C++11"):
        library = compiled(tmp_path / "all.c", compiler, "-Wno-shadow")
        got = [called(getattr(library, name), X, 3).tobytes() for name in names]
        assert len(set(got)) == 1


# ---- Pipelines -----------------------------------------------------------------------------


def examples(dtype: str = "float64") -> tuple[Array, Array]:
    rng = np.random.default_rng(12)
    X = rng.standard_normal((150, 4)) * [1, 20, 300, 0.01] + [5, -100, 1e4, 0]
    return X.astype(dtype), rng.integers(0, 3, 150)


def with_gaps(X: Array, mark: float = np.nan) -> Array:
    X = X.copy()
    X[np.random.default_rng(13).random(X.shape) < 0.15] = mark
    return X


TRANSFORMERS = {
    "none": [],
    "standard": [StandardScaler()],
    "mean only": [StandardScaler(with_std=False)],
    "deviation only": [StandardScaler(with_mean=False)],
    "nothing of it": [StandardScaler(with_mean=False, with_std=False)],
    "min max": [MinMaxScaler((-1, 2))],
    "min max, clipped": [MinMaxScaler(clip=True)],
    "max abs": [MaxAbsScaler()],
    "robust": [RobustScaler()],
    "robust center": [RobustScaler(with_scaling=False)],
    "imputer": [SimpleImputer(), StandardScaler()],
    "median, then robust": [SimpleImputer(strategy="median"), RobustScaler()],
    "constant, -999": [SimpleImputer(missing_values=-999.0, strategy="constant", fill_value=2.5), StandardScaler()],
    "scaled, then imputed": [StandardScaler(), SimpleImputer(strategy="most_frequent"), MaxAbsScaler()],
    "inner pipeline": [make_pipeline(SimpleImputer(), "passthrough"), None, StandardScaler()],
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TRANSFORMERS)
def test_pipelines(name: str, dtype: str, tmp_path: Path) -> None:
    X, y = examples(dtype)
    if "impute" in name or "median" in name or "inner" in name:
        X = with_gaps(X)
    elif "999" in name:
        X = with_gaps(X, -999.0)
    labels = np.array(['"one"', "zwölf\n", "what??/ \\"])
    classifier = make_pipeline(*TRANSFORMERS[name], MLPClassifier((6, 5), max_iter=4, random_state=1)).fit(X, labels[y])
    regressor = make_pipeline(*TRANSFORMERS[name], MLPRegressor(6, max_iter=4, random_state=1)).fit(X, y * 1.5)
    export_c(classifier, tmp_path / "classify.c", "classify", block=True)
    export_c(regressor, tmp_path / "regress.c", "regress")
    (tmp_path / "both.c").write_text('#include "classify.c"\n#include "regress.c"\n')
    # Beyond the range of the data, too.
    far = np.concatenate([X, X[:20] * 3, np.clip(X[:20], 0, 1)]).astype(dtype)
    eps = np.finfo(dtype).eps
    for compiler in ("gcc, C99", "g++, C++11"):
        library = compiled(tmp_path / "both.c", compiler)
        got, want = called(library.classify, far, 3), classifier.predict_proba(far)
        # Where scikit-learn's scaler computes in double and rounds once, floats of X differ by a rounding.
        np.testing.assert_allclose(got, want, rtol=3e3 * eps, atol=3e3 * eps)
        np.testing.assert_allclose(
            called(library.regress, far, 1)[:, 0], regressor.predict(far), rtol=3e3 * eps, atol=3e3 * eps
        )
        library.classify_class.restype = ctypes.c_long
        texts = (ctypes.c_char_p * 3).in_dll(library, "classify_labels")
        numbers = [library.classify_class(ctypes.c_void_p(x.ctypes.data)) for x in far]
        clear = np.diff(np.sort(want, axis=1)[:, 1:], axis=1)[:, 0] > 1e-3
        found = np.array([(texts[n] or b"").decode() for n in numbers])
        np.testing.assert_array_equal(found[clear], classifier.predict(far)[clear])
        assert clear.sum() > 100


def test_two_classes_and_several_labels(tmp_path: Path) -> None:
    X, y = examples()
    two = make_pipeline(StandardScaler(), MLPClassifier(5, max_iter=30, random_state=1)).fit(X, np.where(y > 0, 7, -3))
    several = make_pipeline(StandardScaler(), MLPClassifier(5, max_iter=3, random_state=1)).fit(X, np.c_[y > 0, y > 1].astype(int))
    export_c(two, tmp_path / "two.c", "two")
    export_c(several, tmp_path / "several.c", "several")
    library = compiled(tmp_path / "two.c")
    np.testing.assert_allclose(called(library.two, X, 1)[:, 0], two.predict_proba(X)[:, 1], rtol=1e-12, atol=1e-12)
    library.two_class.restype = ctypes.c_long
    numbers = [library.two_class(ctypes.c_void_p(x.ctypes.data)) for x in X]
    np.testing.assert_array_equal(np.array([-3, 7])[numbers], two.predict(X))
    assert list((ctypes.c_char_p * 2).in_dll(library, "two_labels")) == [b"-3", b"7"]
    np.testing.assert_allclose(called(compiled(tmp_path / "several.c").several, X, 2), several.predict_proba(X), rtol=1e-12)
    assert "_class" not in (tmp_path / "several.c").read_text()


def test_what_cannot_be_exported_is_named(tmp_path: Path) -> None:
    X, y = examples()

    def fitted(*steps: Any) -> Any:
        return make_pipeline(*steps, MLPClassifier(3, max_iter=2, tol=1, random_state=1)).fit(X, y)

    class Doubled(StandardScaler):
        def transform(self, X: Any, copy: Any = None) -> Any:
            return 2 * super().transform(X, copy)

    path = tmp_path / "f.c"
    for step, words in (
        (PCA(2), "step 'pca' is a PCA, which has no form in C: only StandardScaler, MinMaxScaler, MaxAbsScaler, "),
        (Doubled(), "step 'doubled' is a Doubled"),
        (ColumnTransformer([("s", StandardScaler(), [0, 1, 2, 3])]), "step 'columntransformer' is a ColumnTransformer"),
        (make_pipeline(StandardScaler(), PCA(2)), "step 'pipeline__pca' is a PCA"),
    ):
        with pytest.raises(TypeError, match=re.escape(words)):
            export_c(fitted(step), path)
    X[0, 0] = np.nan
    with pytest.raises(ValueError, match="step 'simpleimputer': an indicator of missing values"):
        export_c(fitted(SimpleImputer(add_indicator=True)), path)
    empty = X.copy()
    empty[:, 1] = np.nan
    X = empty
    with pytest.warns(UserWarning, match="Skipping features"), pytest.raises(ValueError, match="a feature without any value"):
        export_c(fitted(SimpleImputer()), path)
    X, _ = examples()
    with pytest.raises(TypeError, match="the last step 'logisticregression' must be an estimator of swiftreg, got LogisticRegression"):
        export_c(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y), path)
    with pytest.raises(TypeError, match="model must be an MLP, an estimator of swiftreg, or a Pipeline, got LogisticRegression"):
        export_c(LogisticRegression().fit(X, y), path)
    with pytest.raises(TypeError, match="model must be an MLP, an estimator or a pipeline, got int"):
        export_c(3, path)
    with pytest.raises(ValueError, match="not fitted"):
        export_c(make_pipeline(StandardScaler(), MLPClassifier()), path)
    assert list(tmp_path.iterdir()) == []


def test_a_cpp_program_with_the_header(tmp_path: Path) -> None:
    """The source compiled as C, the program as C++, linked by the header's names."""
    X, y = examples()
    model = make_pipeline(StandardScaler(), MLPClassifier(5, max_iter=3, random_state=1)).fit(X, np.array(["a", "b", "c"])[y])
    export_c(model, tmp_path / "predict.c", dtype="float32", block=True)
    (tmp_path / "main.cpp").write_text(
        """
#include "predict.h"
#include "predict.h"
#include <cstdio>

int main() {
    const float x[2][4] = {{5, -100, 1e4f, 0}, {6, -90, 1.1e4f, 0.01f}};
    float y[2][3], one[3];
    predict_block(x[0], 2, y[0]);
    predict(x[1], one);
    std::printf("%s %.6f %d\\n", predict_labels[predict_class(x[1])], static_cast<double>(one[1]), one[1] == y[1][1]);
}
"""
    )
    subprocess.run([C, "-std=c99", "-c", tmp_path / "predict.c", "-o", tmp_path / "predict.o"], check=True)
    subprocess.run([CXX, "-std=c++11", *WARNINGS, tmp_path / "main.cpp", tmp_path / "predict.o", "-lm", "-o", tmp_path / "main"], check=True)
    label, probability, same = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True).stdout.split()
    want = model.predict_proba(np.array([[6, -90, 1.1e4, 0.01]]))[0]
    assert label == model.predict(np.array([[6, -90, 1.1e4, 0.01]]))[0]
    assert abs(float(probability) - want[1]) < 1e-4 and same == "1"
