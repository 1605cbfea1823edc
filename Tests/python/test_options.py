"""The library's table of options against its copies: headers, signatures, docstrings, stubs."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import ROOT
from swiftreg import MLP, _core, _options

sys.path.insert(0, str(ROOT / "scripts"))
from c_headers import evaluate, read_headers

HEADERS = read_headers()
ENUMS = dict(enumerate(_options.REG_ENUMS))
# The enum of the header for each name.
C_ENUMS = {name: f"reg_{name}" for name in _options.REG_ENUMS}
TYPES = ("double", "uint64_t", "size_t", "int32_t", "reg_")


def values(identifiers: list[str]) -> list[int]:
    return evaluate(identifiers)


# ---- The headers ---------------------------------------------------------------------------


@pytest.mark.parametrize("number", ENUMS, ids=ENUMS.get)
def test_enums_are_those_of_the_header(number: int) -> None:
    declared = [name for name in HEADERS.enums[C_ENUMS[ENUMS[number]]] if not name.endswith("_32_BITS")]
    table = _core.enum_table(number)
    assert [identifier for _, identifier in table] == declared
    assert evaluate(declared) == list(range(len(table)))
    for name, identifier in table:
        assert identifier.lower().endswith(name)
    assert len({name for name, _ in table}) == len(table)


def test_the_enums_of_reg_enum() -> None:
    wanted = [f"REG_ENUM_{name.upper()}" for name in _options.REG_ENUMS] + ["REG_ENUM_32_BITS"]
    assert HEADERS.enums["reg_enum"] == wanted
    assert evaluate(wanted[:-1]) == list(range(len(_options.REG_ENUMS)))


def test_options_are_fields_of_the_header() -> None:
    table = _core.option_table()
    assert len(table) == len({option["name"] for option in table}) > 20
    offsets = evaluate([f"offsetof({o['structure']}, {o['field']})" for o in table])
    assert offsets == [option["offset"] for option in table]
    for option in table:
        fields = dict(HEADERS.structs[option["structure"]])
        declaration = fields[option["field"]]
        assert declaration.removeprefix("const ").startswith(TYPES[option["type"]]), declaration
        assert ("*" in declaration) == option["per_layer"]
        if option["type"] == 4:
            assert C_ENUMS[ENUMS[option["enum"]]] in declaration


def test_every_number_of_the_options_is_in_the_table() -> None:
    listed = {(o["structure"], o["field"]) for o in _core.option_table()}
    others = {"struct_size", "layers", "widths", "costs", "validation_costs", "report", "context", "masks"}
    for structure in ("reg_network_options", "reg_optimizer_options", "reg_fit_options"):
        for field, _ in HEADERS.structs[structure]:
            assert (structure, field) in listed or field in others


# ---- Python --------------------------------------------------------------------------------


def test_defaults_of_signatures() -> None:
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(MLP.__init__).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
    table = _options.OPTIONS
    for name, default in defaults.items():
        option = table.get({"activation": "activations"}.get(name, name))
        if option is None or name in ("learning_rate", "beta2", "optimizer", "batch_size"):
            continue  # of the optimizer; Python's own
        if option["type"] == 4:
            assert _core.enum_table(option["enum"])[int(option["default"])][0] == default
        else:
            assert (default or 0.0) == option["default"], name
    assert {"momentum", "beta1", "period", "l2", "label_smoothing"} <= defaults.keys()
    assert set(_options.SETTINGS) <= defaults.keys()
    assert _options.OptimizerSettings.__annotations__.keys() == set(_options.SETTINGS)
    n = MLP([2, 1])
    assert n.optimizer_settings["learning_rate"] == _core.optimizer_defaults("adam")["learning_rate"]


def bounds(option: dict[str, Any]) -> str:
    """A range in the form of the docstrings."""
    low, high = option["minimum"], option["maximum"]
    if option["type"] == 1:
        return f"at least {low:g}"
    if high == np.inf:
        return "finite" if option["excludes_maximum"] else "at least 0"
    return f"{'(' if option['excludes_minimum'] else '['}{low:g}, {high:g}{')' if option['excludes_maximum'] else ']'}"


def test_bounds_of_docstrings() -> None:
    text = inspect.getdoc(MLP)
    assert text is not None
    text = " ".join(text.split())
    for name in ("keep_prob", "label_smoothing", "momentum", "epsilon", "weight_decay", "min_learning_rate", "period"):
        described = re.search(rf"\b{name}\b(?:, \w+)* : (.{{160}})", text)
        assert described is not None and bounds(_options.OPTIONS[name]) in described[1], name
    for names in (_options.ACTIVATIONS, _options.LOSSES, _options.INITS, _options.OPTIMIZERS, _options.SCHEDULES):
        for name in names:
            assert f'"{name}"' in text, name


def test_the_stub_is_of_the_module() -> None:
    tree = ast.parse((Path(_core.__file__).parent / "_core.pyi").read_text())
    stubs: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            stubs[node.name] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            stubs[node.target.id] = node
    public = {name for name in dir(_core) if not name.startswith("_")}
    assert {name for name in stubs if not name.startswith("_")} == public
    for name in public:
        node, found = stubs[name], getattr(_core, name)
        assert isinstance(node, ast.ClassDef) == inspect.isclass(found), name
        if isinstance(node, ast.ClassDef):
            methods = {m.name: m for m in node.body if isinstance(m, ast.FunctionDef)}
            own = {m for m in vars(found) if not m.startswith("_")} - {"errno", "filename"}
            assert {m for m in methods if not m.startswith("_")} == own, name
            for method in own:
                check_arguments(getattr(found, method), methods[method], 1)
        elif isinstance(node, ast.FunctionDef):
            check_arguments(found, node, 0)


def check_arguments(function: Any, stub: ast.FunctionDef, before: int) -> None:
    """The error of a call with too many arguments has their number."""
    wanted = len(stub.args.posonlyargs) + len(stub.args.args) - before
    target = function
    if before:
        owner = MLP([2, 1])._network if "Network" in function.__qualname__ else _core.LegacyGenerator(1)
        target = getattr(owner, function.__name__)
    with pytest.raises(TypeError, match=rf"takes {wanted} arguments"):
        target(*range(30))


# ---- set_regularization --------------------------------------------------------------------

X = np.random.default_rng(3).normal(size=(40, 3))
Y = (X[:, :1] * X[:, 1:2] > 0).astype(float)


def made(**options: Any) -> MLP:
    return MLP([3, 6, 4, 1], dtype="float64", seed=5, **options)


def test_regularization_is_as_if_made_with_it() -> None:
    """A network whose regularization is changed to another's trains as that one does, bit for bit."""
    given = {"keep_prob": [0.9, 0.8, 0.7], "l2": [0.1, 0.0, 0.3], "l1": 0.02, "label_smoothing": 0.1, "max_norm": 1.5}
    want, got = made(**given), made(keep_prob=0.5, l2=1.0)
    got.set_regularization(**given)
    for n in (want, got):
        n.fit(X, Y, epochs=30, batch_size=8)
    assert np.array_equal(want.parameters, got.parameters)
    assert np.array_equal(want.optimizer_state, got.optimizer_state)
    assert (got.keep_prob, got.l2, got.l1) == ((0.9, 0.8, 0.7), (0.1, 0.0, 0.3), (0.02,) * 3)
    assert (got.label_smoothing, got.max_norm) == (0.1, 1.5)
    assert MLP.from_bytes(got.to_bytes()).l2 == got.l2


def test_regularization_between_steps() -> None:
    n = made(keep_prob=0.5, l2=0.5, label_smoothing=0.2)
    n.fit(X, Y, epochs=3)
    before = (n.parameters.copy(), n.optimizer_state.copy(), n.step, n.epoch)
    n.set_regularization(l2=0)
    assert n.l2 == (0, 0, 0) and n.keep_prob == (1, 0.5, 0.5) and n.label_smoothing == 0.2
    n.set_regularization(label_smoothing=0.0, max_norm=2.0)
    n.set_regularization()
    assert n.label_smoothing == 0 and n.max_norm == 2 and n.keep_prob == (1, 0.5, 0.5)
    n.set_regularization(keep_prob=1, max_norm=np.inf)
    after = (n.parameters, n.optimizer_state, n.step, n.epoch)
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert n.cost(X, Y) == n.data_cost(X, Y)


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        ({"keep_prob": [1, 1, 1.5]}, "keep_prob[2] is 1.5; it must be in (0, 1]"),
        ({"keep_prob": 0}, "keep_prob is 0; it must be in (0, 1]"),
        ({"l2": [1, -1, 1]}, "l2[1] is -1; it must be finite and at least 0"),
        ({"l1": float("nan")}, "l1 is nan; it must be finite and at least 0"),
        ({"label_smoothing": 1}, "label_smoothing is 1; it must be in [0, 1)"),
        ({"max_norm": -2}, "max_norm is -2; it must be at least 0"),
        ({"max_norm": 0}, "max_norm must be above 0"),
        ({"l2": [1, 1]}, "l2 must be one value or hold 3"),
    ],
)
def test_regularization_is_all_or_nothing(bad: dict[str, Any], text: str) -> None:
    n = made(keep_prob=0.5, l2=0.5, l1=0.1)
    before = n.to_bytes()
    with pytest.raises(ValueError) as caught:
        n.set_regularization(**{"l2": 7.0, "l1": 7.0, "label_smoothing": 0.5} | bad)
    assert str(caught.value).startswith(text)
    assert n.to_bytes() == before and n.l2 == (0.5, 0.5, 0.5)


def test_regularization_of_squared_error() -> None:
    with pytest.raises(ValueError, match="label_smoothing is 0.1; it must be 0 with this loss"):
        made(loss="squared_error").set_regularization(label_smoothing=0.1)
    with pytest.raises(TypeError, match="l2 must be a real number, got 'x'"):
        made().set_regularization(l2="x")  # type: ignore[arg-type]
